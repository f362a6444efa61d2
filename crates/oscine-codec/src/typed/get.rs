//! Single arguments by their place.

use crate::error::read::ReadError;
use crate::typed::from_arg::FromArg;
use crate::typed::from_args::FromArgs;
use crate::typed::reader::ArgReader;
use crate::view::args::Args;

impl<'a> Args<'a> {
    /// Reads the argument at `index`, counted from 0, as exactly a `T`. What else there is does not matter.
    ///
    /// Linear in `index`: to read them all, use [`parse`](Self::parse) or iterate.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/synth", ("sine", 440.0_f32))?;
    /// assert_eq!(message.args().get::<f32>(1), Ok(440.0));
    /// let error = message.args().get::<i32>(1).unwrap_err();
    /// assert_eq!(error.to_string(), "argument 1: expected int32, found type tag 'f'");
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReadError`] says that it is missing, or of another type.
    pub fn get<T: FromArg<'a>>(self, index: usize) -> Result<T, ReadError> {
        at(ArgReader::exact(self), index)
    }

    /// Reads the argument at `index`, counted from 0, as a `T`, and lets numbers and truth values stand in for each
    /// other.
    ///
    /// # Errors
    ///
    /// [`ReadError`] says that it is missing, or of another type.
    pub fn get_coercing<T: FromArg<'a>>(self, index: usize) -> Result<T, ReadError> {
        at(ArgReader::coercing(self), index)
    }
}

fn at<'a, T: FromArg<'a>>(mut reader: ArgReader<'a>, index: usize) -> Result<T, ReadError> {
    for _ in 0..index {
        if reader.next_arg().is_none() {
            return Err(ReadError::Missing { index, expected: T::EXPECTED });
        }
    }
    T::from_args(&mut reader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::owned::message::Message;

    #[test]
    fn arrays_count_as_one() {
        let message = Message::new("/a", ([1, 2], "x", 2.5_f32)).unwrap();
        let args = message.args();
        assert_eq!(args.get(1), Ok("x"));
        assert_eq!(args.get_coercing(2), Ok(2));
        let wrong = ReadError::Type { index: 0, expected: "text", found: '[' };
        assert_eq!(args.get::<&str>(0), Err(wrong));
        for index in [3, 4, usize::MAX] {
            let missing = ReadError::Missing { index, expected: "int32" };
            assert_eq!(args.get::<i32>(index), Err(missing));
        }
    }
}
