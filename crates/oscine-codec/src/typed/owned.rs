//! Arguments of messages that own their bytes.

use crate::error::read::ReadError;
use crate::owned::message::Message;
use crate::typed::from_args::{FromArgs, read_all};
use crate::typed::reader::ArgReader;

impl Message {
    /// Reads all arguments as `T`, each of exactly its type. A blob read as `Bytes` shares the message's memory.
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::Bytes;
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/buffer", (7, vec![1_u8; 1000]))?;
    /// let (number, data) = message.parse::<(i32, Bytes)>().expect("as it was built");
    /// assert_eq!((number, data.len()), (7, 1000));
    /// assert!(message.as_bytes().as_ptr_range().contains(&data.as_ptr()));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Args::parse`](crate::Args::parse).
    pub fn parse<'a, T: FromArgs<'a>>(&'a self) -> Result<T, ReadError> {
        read_all(ArgReader::exact(self.args()).sharing(self.bytes()))
    }

    /// Reads all arguments as `T`, and lets numbers and truth values stand in for each other. A blob read as `Bytes`
    /// shares the message's memory.
    ///
    /// # Errors
    ///
    /// As [`Args::parse_coercing`](crate::Args::parse_coercing).
    pub fn parse_coercing<'a, T: FromArgs<'a>>(&'a self) -> Result<T, ReadError> {
        read_all(ArgReader::coercing(self.args()).sharing(self.bytes()))
    }
}
