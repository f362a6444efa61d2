//! What a framing found, in place.

use core::ops::Range;

use bytes::{Buf, BytesMut};

use crate::framing::decoded::Decoded;
use crate::framing::fault::FrameFault;

/// What a framing found at the front of a slice, and how much of the slice it is done with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "whoever writes a framing makes them")]
pub struct Cut {
    /// What was found.
    pub found: Found,
    /// How many bytes at the front are done with, the frame included; drop them before the next
    /// call.
    pub consumed: usize,
}

impl Cut {
    /// Takes what was found out of the buffer in which it lies.
    pub fn take_from(self, src: &mut BytesMut) -> Decoded {
        let decoded = match self.found {
            Found::More => Decoded::More,
            Found::Fault(fault) => Decoded::Fault(fault),
            Found::Frame(place) => {
                src.advance(place.start.min(src.len()));
                let frame = src.split_to(place.len().min(src.len()));
                src.advance(self.consumed.saturating_sub(place.end).min(src.len()));
                return Decoded::Frame(frame.freeze());
            }
        };
        src.advance(self.consumed.min(src.len()));
        decoded
    }
}

/// What a framing found, in place.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a fourth outcome would be another contract")]
pub enum Found {
    /// There is no whole frame yet; call again when more bytes have arrived.
    More,
    /// Where a whole frame lies, without its marks. It is never empty unless it was an empty
    /// datagram.
    Frame(Range<usize>),
    /// A damaged frame, which is dropped; what follows it can be read.
    Fault(FrameFault),
}
