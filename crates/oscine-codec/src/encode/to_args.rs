//! Rust values as argument lists.

use crate::encode::sink::ArgSink;
use crate::encode::to_arg::ToArg;
use crate::error::encode::EncodeError;
use crate::typed::from_args::Rest;
use crate::view::args::Args;

/// A value that is a list of arguments: `()` for none, a tuple for up to twelve, any one [`ToArg`] alone, or [`Rest`]
/// for as many as a `Vec` holds. Which type becomes which type tag is told in [`ToArg`].
///
/// # Examples
///
/// ```
/// use oscine_codec::Message;
///
/// assert_eq!(Message::new("/a", ())?.to_string(), "/a ,");
/// assert_eq!(Message::new("/a", 5)?.to_string(), "/a ,i 5");
/// assert_eq!(Message::new("/a", (5, "x", [1, 2]))?.to_string(), r#"/a ,is[ii] 5 "x" [1 2]"#);
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of OSC arguments",
    label = "not a list of arguments",
    note = "a list is `()`, one argument, a tuple of up to twelve arguments such as `(440.0_f32, \"sine\")`, or \
            `Rest(vec)`; for types that are arguments see `ToArg`"
)]
pub trait ToArgs {
    /// Describes the arguments to `sink`. Called twice for one message, with the same outcome.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when a value cannot be written.
    fn to_args<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError>;
}

impl<T: ToArg + ?Sized> ToArgs for T {
    fn to_args<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.to_arg(sink)
    }
}

impl ToArgs for () {
    fn to_args<S: ArgSink>(&self, _: &mut S) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// Arguments of another message, as they are.
impl ToArgs for Args<'_> {
    fn to_args<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        for arg in *self {
            arg.to_arg(sink)?;
        }
        Ok(())
    }
}

/// Each of them an argument, and not one array of all.
impl<T: ToArgs> ToArgs for Rest<T> {
    fn to_args<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.0.iter().try_for_each(|args| args.to_args(sink))
    }
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<$($name: ToArgs),+> ToArgs for ($($name,)+) {
            fn to_args<Sink: ArgSink>(&self, sink: &mut Sink) -> Result<(), EncodeError> {
                #[expect(non_snake_case, reason = "one name for a type and its value")]
                let ($($name,)+) = self;
                $($name.to_args(sink)?;)+
                Ok(())
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);
