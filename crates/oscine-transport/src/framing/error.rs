//! Frames that cannot be read or written.

use thiserror::Error;

/// Broken framing: the borders of the frames are lost and the stream has to be closed.
///
/// It is the peer's fault. Nothing after it can be trusted, so nothing more is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
// As wide as what follows it, so that moving it is cheap; see `DecodeErrorKind` in the codec.
#[repr(usize)]
pub enum FrameError {
    /// A length prefix announced more than the limit; the next prefix cannot be found.
    #[error(
        "frame length {length} exceeds the limit of {limit} bytes, at byte {offset} of the stream"
    )]
    TooLong {
        /// The length announced.
        length: u64,
        /// The limit in bytes.
        limit: usize,
        /// Where the length prefix stood: bytes from the start of the stream.
        offset: u64,
    },
    /// A length prefix announced less than what it counts besides the packet.
    #[error(
        "frame length {length} is less than the {surplus} bytes it counts besides the packet, at \
         byte {offset} of the stream"
    )]
    TooShort {
        /// The length announced.
        length: u64,
        /// How much of it is not the packet's.
        surplus: i32,
        /// Where the length prefix stood: bytes from the start of the stream.
        offset: u64,
    },
    /// A framing [from elsewhere](super::Adapter) has failed.
    #[error("{reason}, at byte {offset} of the stream")]
    Other {
        /// What it said.
        reason: Box<str>,
        /// Where: bytes from the start of the stream to the frame it was looking for.
        offset: u64,
    },
}

impl FrameError {
    /// The kind as a short word, as statistics name it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "frame-too-long",
            Self::TooShort { .. } | Self::Other { .. } => "broken-framing",
        }
    }
}

/// A packet that does not fit a frame: it was not sent, and nothing of it was written.
///
/// It is the caller's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("packet of {length} bytes exceeds the limit of {limit} bytes")]
#[non_exhaustive]
pub struct FrameTooLong {
    /// The length of the packet in bytes.
    pub length: usize,
    /// The limit in bytes.
    pub limit: usize,
}

impl FrameTooLong {
    /// Makes an error for a packet of `length` bytes where `limit` is the most that fits.
    #[must_use]
    pub fn new(length: usize, limit: usize) -> Self {
        Self { length, limit }
    }

    /// Answers with an error if `length` exceeds `limit`.
    pub(crate) fn check(length: usize, limit: usize) -> Result<(), Self> {
        if length > limit { Err(Self { length, limit }) } else { Ok(()) }
    }
}
