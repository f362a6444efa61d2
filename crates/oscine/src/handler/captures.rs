//! What wildcards stand for, as handler parameters.

use std::any::type_name;
use std::str::FromStr;

use oscine_codec::ReadError;

use crate::handler::call::Call;
use crate::handler::from_call::FromCall;

/// What the wildcards of the registration stand for in the address of the message, as a handler parameter.
///
/// There is one for each part with wildcards, in order: for `/mixer/*/{gain,mute}` two. A sub-tree has one: what lies
/// below its address, without the slash in front; an expression has one for each group. A tuple takes as many as it has
/// members, and each must parse, or else the method does not fit; `Vec<String>` takes all. If the message holds a
/// pattern itself, it is the sender's part of the pattern.
///
/// # Examples
///
/// ```
/// use oscine::{AddressSpace, Captures};
///
/// let space = AddressSpace::new();
/// space.method("/mixer/*/gain", |Captures((channel,)): Captures<(u32,)>, gain: f32| {
///     println!("gain of channel {channel}: {gain}");
/// })?;
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Captures<T>(pub T);

/// What captures can be read as.
pub trait FromCaptures: Sized {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Says what does not fit.
    fn from_captures(captures: Vec<String>) -> Result<Self, String>;
}

impl<T: FromCaptures> FromCall for Captures<T> {
    fn from_call(call: &mut Call<'_>) -> Result<Self, ReadError> {
        let captures = call.registered.captures(call.job.message.address()).unwrap_or_default();
        T::from_captures(captures).map(Self).map_err(|reason| call.args.bad_value(reason))
    }
}

impl FromCaptures for Vec<String> {
    fn from_captures(captures: Vec<String>) -> Result<Self, String> {
        Ok(captures)
    }
}

macro_rules! tuples {
    ($(($($name:ident)+))+) => {$(
        impl<$($name: FromStr),+> FromCaptures for ($($name,)+) {
            #[allow(non_snake_case, reason = "one name for a type and its value")]
            fn from_captures(captures: Vec<String>) -> Result<Self, String> {
                let expected = [$(stringify!($name)),+].len();
                if captures.len() != expected {
                    return Err(format!("{expected} captures expected, found {}", captures.len()));
                }
                let mut captures = captures.into_iter();
                Ok(($(read::<$name>(captures.next())?,)+))
            }
        }
    )+};
}

tuples! { (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E G) }

fn read<T: FromStr>(capture: Option<String>) -> Result<T, String> {
    let text = capture.unwrap_or_default();
    text.parse().map_err(|_| format!("{text:?} in the address is no {}", type_name::<T>()))
}
