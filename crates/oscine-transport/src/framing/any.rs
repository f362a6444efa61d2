//! A framing of this crate, or one from outside.

use core::fmt;

use bytes::BytesMut;

use crate::framing::contract::Framing;
use crate::framing::cut::Cut;
use crate::framing::decoded::Decoded;
use crate::framing::detect::Detect;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::pending::Pending;

/// A framing of this crate, or one from outside.
///
/// The usual ones are called directly, behind a branch that always goes the same way. One from
/// outside costs a virtual call for each frame.
pub(crate) enum AnyFraming {
    Known(Detect),
    Custom(Box<dyn Framing + Send + Sync>),
}

impl Framing for AnyFraming {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        match self {
            Self::Known(framing) => framing.decode(src),
            Self::Custom(framing) => framing.decode(src),
        }
    }

    #[inline(always)]
    fn cut(&mut self, src: &mut [u8]) -> Option<Result<Cut, FrameError>> {
        match self {
            Self::Known(framing) => framing.cut(src),
            Self::Custom(framing) => framing.cut(src),
        }
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        match self {
            Self::Known(framing) => framing.finish(src),
            Self::Custom(framing) => framing.finish(src),
        }
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        match self {
            Self::Known(framing) => framing.encode(frame, dst),
            Self::Custom(framing) => framing.encode(frame, dst),
        }
    }

    fn pending(&self, src: &[u8]) -> Pending {
        match self {
            Self::Known(framing) => framing.pending(src),
            Self::Custom(framing) => framing.pending(src),
        }
    }
}

impl fmt::Debug for AnyFraming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(framing) => framing.fmt(f),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}
