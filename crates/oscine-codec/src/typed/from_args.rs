//! Argument lists as Rust types.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::error::read::ReadError;
use crate::typed::from_arg::FromArg;
use crate::typed::reader::ArgReader;
use crate::view::arg::Arg;
use crate::view::args::Args;

/// A type that a run of arguments can be read as.
///
/// Every [`FromArg`] takes one argument. A tuple takes what its members take, in order. `Option<T>` takes a `N`
/// as `None`, and is `None` where no argument is left. `Vec<T>` and `[T; N]` take an array. [`Rest`] takes all
/// that is left. `()` takes nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from OSC arguments",
    label = "not an argument list"
)]
pub trait FromArgs<'a>: Sized {
    /// Takes what this type is made of off `reader`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] says which argument is missing or does not fit.
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError>;

    /// Takes what this type is made of if all of it is of its own type and has nothing special about it: a short cut
    /// for the usual case, that checks what it takes.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    fn take(_: &mut Args<'a>) -> Option<Self> {
        None
    }
}

impl<'a> Args<'a> {
    /// Reads all arguments as `T`, each of exactly its type.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Message, ReadError};
    ///
    /// let message = Message::new("/x", (1, 2.5_f32, "three", [(1, "a"), (2, "b")]))?;
    /// let (int, float, text, pairs) =
    ///     message.args().parse::<(i32, f32, &str, Vec<(i32, &str)>)>().expect("as it was built");
    /// assert_eq!((int, float, text, pairs), (1, 2.5, "three", vec![(1, "a"), (2, "b")]));
    ///
    /// let error = message.args().parse::<(i32, i32)>().unwrap_err();
    /// assert_eq!(error.to_string(), "argument 1: expected int32, found type tag 'f'");
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadError`] says which argument is missing, surplus, or of another type.
    #[inline]
    pub fn parse<T: FromArgs<'a>>(self) -> Result<T, ReadError> {
        read_all(ArgReader::exact(self))
    }

    /// Reads all arguments as `T`, and lets numbers and truth values stand in for each other.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/x", (1, true, 2.75_f32))?;
    /// assert_eq!(message.args().parse_coercing::<(f32, i32, i64)>(), Ok((1.0, 1, 2)));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadError`] says which argument is missing, surplus, or of another type.
    #[inline]
    pub fn parse_coercing<T: FromArgs<'a>>(self) -> Result<T, ReadError> {
        read_all(ArgReader::coercing(self))
    }
}

/// Reads all that `reader` has.
#[inline]
pub(crate) fn read_all<'a, T: FromArgs<'a>>(mut reader: ArgReader<'a>) -> Result<T, ReadError> {
    let value = T::from_args(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

impl<'a, T: FromArg<'a>> FromArgs<'a> for T {
    #[inline]
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        if let Some(value) = reader.take() {
            return Ok(value);
        }
        other(reader)
    }

    #[inline(always)]
    fn take(args: &mut Args<'a>) -> Option<Self> {
        <T as FromArg>::take(args)
    }
}

/// Reads an argument whose type tag is not the type's own, or says why it cannot.
#[cold]
fn other<'a, T: FromArg<'a>>(reader: &mut ArgReader<'a>) -> Result<T, ReadError> {
    let found = reader.next_arg();
    let value = match found {
        Some(arg) if reader.is_coercing() => T::coerce_arg(arg),
        Some(arg) => T::from_arg(arg),
        None => None,
    };
    value.ok_or_else(|| reader.mismatch(T::EXPECTED, found))
}

impl<'a, T: FromArgs<'a>> FromArgs<'a> for Option<T> {
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        match reader.next_tag() {
            None => Ok(None),
            Some('N') => {
                reader.next_arg();
                Ok(None)
            }
            Some(_) => T::from_args(reader).map(Some),
        }
    }
}

impl<'a, T: FromArgs<'a>> FromArgs<'a> for Vec<T> {
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        let mut inner = array(reader)?;
        to_end(&mut inner)
    }
}

impl<'a, T: FromArgs<'a>, const N: usize> FromArgs<'a> for [T; N] {
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        let mut inner = array(reader)?;
        let mut items = Vec::with_capacity(N);
        for _ in 0..N {
            items.push(T::from_args(&mut inner)?);
        }
        inner.finish()?;
        Self::try_from(items).map_err(|_| reader.bad_value("array of another length"))
    }
}

/// Shares the memory of a message that owns its bytes ([`Message::parse`](crate::Message::parse)), and is a copy
/// otherwise.
impl<'a> FromArgs<'a> for Bytes {
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        match reader.next_arg() {
            Some(Arg::Blob(blob)) => Ok(reader.share(blob)),
            found => Err(reader.mismatch("blob", found)),
        }
    }
}

impl FromArgs<'_> for () {
    fn from_args(_: &mut ArgReader<'_>) -> Result<Self, ReadError> {
        Ok(())
    }

    fn take(_: &mut Args<'_>) -> Option<Self> {
        Some(())
    }
}

/// All arguments that are left, each read as `T`.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Message, Rest};
///
/// let message = Message::new("/sum", ("total", 1, 2, 3))?;
/// let (name, Rest(numbers)) = message.args().parse::<(&str, Rest<i32>)>().expect("text and integers");
/// assert_eq!((name, numbers), ("total", vec![1, 2, 3]));
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
///
/// The other way round it is as many arguments as it holds, where a `Vec` alone is one argument, an array:
///
/// ```
/// use oscine_codec::{Message, Rest};
///
/// let levels = vec![0.5_f32, 0.25];
/// assert_eq!(Message::new("/levels", ("all", &levels))?.to_string(), "/levels ,s[ff] \"all\" [0.5 0.25]");
/// assert_eq!(Message::new("/levels", ("all", Rest(levels)))?.to_string(), "/levels ,sff \"all\" 0.5 0.25");
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Rest<T>(pub Vec<T>);

impl<'a, T: FromArgs<'a>> FromArgs<'a> for Rest<T> {
    fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
        to_end(reader).map(Self)
    }
}

fn array<'a>(reader: &mut ArgReader<'a>) -> Result<ArgReader<'a>, ReadError> {
    match reader.next_arg() {
        Some(Arg::Array(array)) => Ok(reader.inner(array.iter())),
        found => Err(reader.mismatch("array", found)),
    }
}

fn to_end<'a, T: FromArgs<'a>>(reader: &mut ArgReader<'a>) -> Result<Vec<T>, ReadError> {
    let mut items = Vec::new();
    while reader.next_tag().is_some() {
        let before = reader.index();
        items.push(T::from_args(reader)?);
        // A type that takes nothing would never come to the end.
        if reader.index() == before {
            reader.finish()?;
        }
    }
    Ok(items)
}

macro_rules! tuples {
    ($($name:ident)+) => {
        impl<'a, $($name: FromArgs<'a>),+> FromArgs<'a> for ($($name,)+) {
            #[inline]
            fn from_args(reader: &mut ArgReader<'a>) -> Result<Self, ReadError> {
                Ok(($($name::from_args(reader)?,)+))
            }

            #[inline(always)]
            fn take(args: &mut Args<'a>) -> Option<Self> {
                Some(($($name::take(args)?,)+))
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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::encode::to_args::ToArgs;
    use crate::owned::message::Message;
    use crate::value::symbol::Symbol;
    use crate::value::unit::Nil;

    fn message(args: impl ToArgs) -> Message {
        Message::new("/a", args).unwrap()
    }

    #[test]
    fn missing_surplus_and_wrong_type_are_different_errors() {
        let two = message((1, 2));
        let missing = ReadError::Missing { index: 2, expected: "text" };
        assert_eq!(two.args().parse::<(i32, i32, &str)>(), Err(missing));
        let surplus = ReadError::Surplus { index: 1, found: 'i' };
        assert_eq!(two.args().parse::<i32>(), Err(surplus));
        let wrong = ReadError::Type { index: 1, expected: "int64", found: 'i' };
        assert_eq!(two.args().parse::<(i32, i64)>(), Err(wrong));
    }

    #[test]
    fn coercion_keeps_to_the_range() {
        assert_eq!(message(3e9).args().parse_coercing::<i64>(), Ok(3_000_000_000));
        for bad in [3e9, -3e9, f64::NAN, f64::INFINITY] {
            assert!(message(bad).args().parse_coercing::<i32>().is_err(), "{bad}");
        }
        assert_eq!(message(-1.9).args().parse_coercing::<i32>(), Ok(-1));
        assert_eq!(message(i64::MAX).args().parse_coercing::<i64>(), Ok(i64::MAX));
        assert_eq!(message((0, 1.0, false)).args().parse_coercing(), Ok((false, true, 0)));
        assert!(message("1").args().parse_coercing::<i32>().is_err());
        assert!(message(1).args().parse::<f32>().is_err());
    }

    #[test]
    fn options_arrays_and_symbols() {
        assert_eq!(message(1).args().parse(), Ok((1, None::<i32>)));
        assert_eq!(message((1, Nil)).args().parse(), Ok((1, None::<i32>)));
        assert_eq!(message((1, 2)).args().parse(), Ok((1, Some(2))));
        assert_eq!(message(Symbol("s")).args().parse(), Ok("s"));
        assert_eq!(message([[1, 2], [3, 4]]).args().parse(), Ok(vec![vec![1, 2], vec![3, 4]]));
        assert_eq!(message([1, 2]).args().parse(), Ok([1, 2]));
        assert!(message([1, 2]).args().parse::<[i32; 3]>().is_err());
        assert!(message([1, 2]).args().parse::<Vec<()>>().is_err());
        assert_eq!(message(*b"ab").args().parse(), Ok(vec![b'a', b'b']));
    }
}
