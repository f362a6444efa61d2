//! What may be a parameter of a handler.

use oscine_codec::ReadError;

use crate::handler::call::Call;

/// A type that may be a parameter of a handler: it takes itself from the call.
///
/// # Examples
///
/// A parameter of your own:
///
/// ```
/// use oscine::{AddressSpace, Call, FromCall, ReadError};
///
/// struct Decibel(f32);
///
/// impl FromCall for Decibel {
///     fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
///         f32::from_call(call).map(Decibel)
///     }
/// }
///
/// AddressSpace::new().method("/gain", |gain: Decibel| println!("{} dB", gain.0))?;
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a handler",
    label = "not a handler parameter",
    note = "arguments: i32 i64 f32 f64 bool char String Bytes TimeTag Color Midi Option<T> Vec<T> [T; N] (T, U) \
            Rest<T>; they are owned, so `String` and not `&str`",
    note = "context: Peer Address Captures Message TypeTags MethodKey BundleTime ReceivedAt Lateness Reply State<T>"
)]
pub trait FromCall: Sized {
    /// Takes this parameter from the call.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the arguments of the message do not fit: the handler is then not called.
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError>;

    /// Adds the type tags of the arguments that this parameter takes, for introspection; nothing by default.
    fn type_tags(_: &mut String) {}
}
