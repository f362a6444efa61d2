//! The place of one argument.

use crate::serde_args::fault::Fault;
use crate::typed::from_arg::FromArg;
use crate::typed::reader::ArgReader;

/// The next argument of a reader.
pub(crate) struct One<'r, 'de> {
    pub(crate) reader: &'r mut ArgReader<'de>,
    /// How many arrays are around it.
    pub(crate) depth: u32,
}

impl<'de> One<'_, 'de> {
    /// The argument as a `T`, coercing if the reader does.
    pub(crate) fn take<T: FromArg<'de>>(self) -> Result<T, Fault> {
        let found = self.reader.next_arg();
        let value = match found {
            Some(arg) if self.reader.is_coercing() => T::coerce_arg(arg),
            Some(arg) => T::from_arg(arg),
            None => None,
        };
        value.ok_or_else(|| self.reader.mismatch(T::EXPECTED, found).into())
    }

    /// The argument as an integer. Its own type does not matter, as long as it is one.
    pub(crate) fn integer(self) -> Result<i64, Fault> {
        match self.reader.next_tag() {
            Some('i') => self.take::<i32>().map(i64::from),
            _ => self.take(),
        }
    }
}
