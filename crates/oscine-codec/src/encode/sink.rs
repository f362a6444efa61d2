//! Where arguments go.

/// Where arguments go while a message is built: measured, written, or collected.
///
/// Only this crate implements it. A type of your own hands its parts on: see [`ToArg`](crate::ToArg).
pub trait ArgSink: sealed::Sink {}

impl<S: sealed::Sink> ArgSink for S {}

pub(crate) mod sealed {
    use crate::error::encode::EncodeError;

    /// The four shapes that an argument can have on the wire, and the brackets of arrays.
    #[expect(unnameable_types, reason = "that is what seals the public trait")]
    pub trait Sink {
        /// A type tag without data.
        fn unit(&mut self, tag: u8) -> Result<(), EncodeError>;
        /// A type tag with 4 bytes of data.
        fn word(&mut self, tag: u8, data: [u8; 4]) -> Result<(), EncodeError>;
        /// A type tag with 8 bytes of data.
        fn long(&mut self, tag: u8, data: [u8; 8]) -> Result<(), EncodeError>;
        /// A type tag with text that is terminated and padded.
        fn text(&mut self, tag: u8, text: &str) -> Result<(), EncodeError>;
        /// A `b` with counted and padded bytes.
        fn blob(&mut self, bytes: &[u8]) -> Result<(), EncodeError>;
        /// A `[`.
        fn open(&mut self) -> Result<(), EncodeError>;
        /// A `]`.
        fn close(&mut self) -> Result<(), EncodeError>;
    }
}
