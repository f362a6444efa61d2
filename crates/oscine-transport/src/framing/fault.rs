//! What was wrong with a frame that was dropped.

use thiserror::Error;

/// A damaged frame that was dropped while the stream goes on: what was wrong, and where.
///
/// It is the peer's fault, or that of the line between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{kind}, at byte {offset} of the stream")]
#[non_exhaustive]
pub struct FrameFault {
    /// What was wrong.
    pub kind: FrameFaultKind,
    /// Where: bytes from the start of the stream to the byte or the frame that was wrong.
    pub offset: u64,
}

impl FrameFault {
    /// Makes a fault of a kind and the place in the stream where it was found.
    #[must_use]
    pub fn new(kind: FrameFaultKind, offset: u64) -> Self {
        Self { kind, offset }
    }
}

/// What was wrong with a frame that was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
// As wide as what follows it, so that moving it is cheap; see `DecodeErrorKind` in the codec.
#[repr(usize)]
pub enum FrameFaultKind {
    /// A SLIP escape was followed by neither of the two bytes that may follow one.
    #[error("escape followed by {byte:#04x}, expected 0xdc or 0xdd")]
    BadEscape {
        /// The byte after the escape; the offset is that of this byte.
        byte: u8,
    },
    /// The frame was longer than the limit; the offset is where the frame began.
    #[error("frame exceeds the limit of {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// The stream ended inside the frame; the offset is where the frame began.
    #[error("stream ended inside a frame of which {length} bytes had arrived")]
    Unfinished {
        /// How many bytes of the frame had arrived, escapes replaced, a length prefix counted.
        length: usize,
    },
    /// What was to be one SLIP frame holds an END; the offset is that of the END.
    #[error("END inside a frame")]
    StrayEnd,
    /// There was something between frames that is none; the offset is that of its first byte.
    #[error("no frame")]
    Noise,
}

impl FrameFaultKind {
    /// The kind as a short word, as statistics name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadEscape { .. } => "bad-escape",
            Self::TooLong { .. } => "frame-too-long",
            Self::Unfinished { .. } => "unfinished-frame",
            Self::StrayEnd => "stray-end",
            Self::Noise => "noise",
        }
    }
}
