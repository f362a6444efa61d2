//! The framing that the peer uses.

use bytes::BytesMut;

use crate::framing::contract::Framing;
use crate::framing::cut::{Cut, Found};
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::kind::FramingKind;
use crate::framing::length_prefix::stream::LengthPrefix;
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::pending::Pending;
use crate::framing::slip::stream::Slip;

/// A framing chosen while the program runs, or found out from the first byte of the peer.
///
/// Below a limit of 587,202,560 bytes (0x23000000) a length prefix can never begin with `#` or `/`,
/// with which packets begin, with an ASCII letter, or with END (0xC0) or ESC (0xDB). So one of
/// these as the first byte means SLIP and anything else a length prefix. Once found, the framing
/// stays, and what is sent mirrors it. Before anything has been received SLIP is written, or what
/// [`speak_first`](Self::speak_first) says.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use oscine_transport::framing::{Detect, Framing, FramingKind};
///
/// let mut framing = Detect::new(FramingKind::Auto);
/// let mut received = BytesMut::from(&b"\0\0\0\x08/a\0\0,\0\0\0"[..]);
/// framing.decode(&mut received)?;
/// assert_eq!(framing.kind(), FramingKind::LengthPrefix);
/// # Ok::<(), oscine_transport::framing::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Detect {
    slip: Slip,
    length_prefix: LengthPrefix,
    /// What was asked for, and what `finish` goes back to.
    asked: FramingKind,
    /// `Auto` until the first byte has arrived.
    found: FramingKind,
    speak_first: FramingKind,
    max_frame: usize,
}

impl Detect {
    /// Makes a framing of this kind with the default limit, [`DEFAULT_MAX_FRAME`].
    #[must_use]
    pub fn new(kind: FramingKind) -> Self {
        Self::with_max_frame(kind, DEFAULT_MAX_FRAME)
    }

    /// Makes a framing of this kind that accepts and writes frames of at most `max_frame` bytes.
    ///
    /// For [`FramingKind::Auto`] the limit is at most 587,202,559 bytes.
    #[must_use]
    pub fn with_max_frame(kind: FramingKind, max_frame: usize) -> Self {
        let max_frame = match kind {
            FramingKind::Auto => max_frame.min(GREATEST_DETECTABLE),
            FramingKind::Slip | FramingKind::LengthPrefix => max_frame,
        };
        Self {
            slip: Slip::builder().max_frame(max_frame).build(),
            length_prefix: LengthPrefix::with_max_frame(max_frame),
            asked: kind,
            found: kind,
            speak_first: FramingKind::Slip,
            max_frame,
        }
    }

    /// Sets what is written before anything was received: SLIP by default.
    ///
    /// It matters for [`FramingKind::Auto`] alone, and there for the side that speaks first. A peer
    /// that does not detect cannot read the wrong one. [`FramingKind::Auto`] stands for SLIP.
    #[must_use]
    pub fn speak_first(mut self, kind: FramingKind) -> Self {
        self.speak_first = kind;
        self
    }

    /// Sets the SLIP framing to use, with its options, and its limit if one was set there.
    #[must_use]
    pub fn slip(mut self, slip: Slip) -> Self {
        self.slip = slip.or_max_frame(self.max_frame);
        self
    }

    /// Says which framing is in use; [`FramingKind::Auto`] if that is not known yet.
    #[must_use]
    pub fn kind(&self) -> FramingKind {
        self.found
    }

    /// Goes over to another kind, before anything has gone through.
    pub(crate) fn set_kind(&mut self, kind: FramingKind) {
        (self.asked, self.found) = (kind, kind);
        if kind == FramingKind::Auto && self.max_frame > GREATEST_DETECTABLE {
            self.set_max_frame(self.max_frame);
        }
    }

    /// Sets another limit, before anything has gone through.
    pub(crate) fn set_max_frame(&mut self, bytes: usize) {
        let Self { max_frame, length_prefix, .. } = Self::with_max_frame(self.asked, bytes);
        (self.max_frame, self.length_prefix) = (max_frame, length_prefix);
        self.slip.set_max_frame(max_frame);
    }

    fn settle(&mut self, src: &[u8]) -> FramingKind {
        if self.found == FramingKind::Auto {
            self.found = match src.first() {
                None => FramingKind::Auto,
                Some(b'#' | b'/' | 0xc0 | 0xdb | b'a'..=b'z' | b'A'..=b'Z') => FramingKind::Slip,
                Some(_) => FramingKind::LengthPrefix,
            };
        }
        self.found
    }
}

impl Default for Detect {
    fn default() -> Self {
        Self::new(FramingKind::Auto)
    }
}

impl Framing for Detect {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        match self.settle(src) {
            FramingKind::Auto => Ok(Decoded::More),
            FramingKind::Slip => self.slip.decode(src),
            FramingKind::LengthPrefix => self.length_prefix.decode(src),
        }
    }

    #[inline(always)]
    fn cut(&mut self, src: &mut [u8]) -> Option<Result<Cut, FrameError>> {
        match self.settle(src) {
            FramingKind::Auto => Some(Ok(Cut { found: Found::More, consumed: 0 })),
            FramingKind::Slip => self.slip.cut(src),
            FramingKind::LengthPrefix => self.length_prefix.cut(src),
        }
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        let decoded = match self.settle(src) {
            FramingKind::Auto => Ok(Decoded::More),
            FramingKind::Slip => self.slip.finish(src),
            FramingKind::LengthPrefix => self.length_prefix.finish(src),
        };
        if matches!(decoded, Ok(Decoded::More) | Err(_)) {
            // Replies may still be due to a peer that has finished sending: in its own framing.
            if self.found != FramingKind::Auto {
                self.speak_first = self.found;
            }
            self.found = self.asked;
        }
        decoded
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        let kind = match self.found {
            FramingKind::Auto => self.speak_first,
            kind @ (FramingKind::Slip | FramingKind::LengthPrefix) => kind,
        };
        match kind {
            FramingKind::LengthPrefix => self.length_prefix.encode(frame, dst),
            FramingKind::Slip | FramingKind::Auto => self.slip.encode(frame, dst),
        }
    }

    fn pending(&self, src: &[u8]) -> Pending {
        match self.found {
            FramingKind::Auto => Pending::default(),
            FramingKind::Slip => self.slip.pending(src),
            FramingKind::LengthPrefix => self.length_prefix.pending(src),
        }
    }
}

/// The greatest limit below which no length begins with `#`, the lowest first byte of a packet.
const GREATEST_DETECTABLE: usize = 0x22ff_ffff;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(received: &[u8], kind: FramingKind, reply: &[u8]) {
        let mut framing = Detect::default();
        let mut src = BytesMut::from(received);
        framing.decode(&mut src).unwrap();
        assert_eq!(framing.kind(), kind);
        let mut dst = BytesMut::new();
        framing.encode(b"ok", &mut dst).unwrap();
        assert_eq!(&dst[..], reply);
    }

    #[test]
    fn the_first_byte_decides_and_is_mirrored() {
        for first in [&b"\xc0"[..], b"\xc0\xc0/a", b"\xc0#bundle", b"/a", b"#bundle", b"\xdb\xdc"] {
            check(first, FramingKind::Slip, b"\xc0ok\xc0");
        }
        check(b"no-slash", FramingKind::Slip, b"\xc0ok\xc0");
        check(b"\0", FramingKind::LengthPrefix, b"\0\0\0\x02ok");
        check(b"\0\0\0\x08/a", FramingKind::LengthPrefix, b"\0\0\0\x02ok");
        check(b"", FramingKind::Auto, b"\xc0ok\xc0");
    }

    #[test]
    fn every_length_below_the_limit_is_told_from_slip() {
        for first in 0..=u8::MAX {
            let mut framing = Detect::with_max_frame(FramingKind::Auto, usize::MAX);
            let mut src = BytesMut::from(&[first, 0, 0, 0][..]);
            let decoded = framing.decode(&mut src);
            let length = usize::try_from(u32::from_be_bytes([first, 0, 0, 0])).unwrap();
            if length <= GREATEST_DETECTABLE {
                assert_eq!(framing.kind(), FramingKind::LengthPrefix);
                assert_eq!(decoded, Ok(Decoded::More));
            }
        }
    }

    #[test]
    fn another_kind_and_another_limit_are_as_if_made_so() {
        let frame = |framing: &mut Detect, length| {
            framing.encode(&vec![0; length], &mut BytesMut::new()).is_ok()
        };
        for kind in [FramingKind::Auto, FramingKind::Slip, FramingKind::LengthPrefix] {
            let mut framing = Detect::with_max_frame(FramingKind::Slip, usize::MAX);
            framing.set_kind(kind);
            assert_eq!(framing.kind(), kind);
            let limit = Detect::with_max_frame(kind, usize::MAX).max_frame;
            assert_eq!(framing.max_frame, limit);
            framing.set_max_frame(9);
            assert!(frame(&mut framing, 9) && !frame(&mut framing, 10), "{kind}");
            framing.set_max_frame(10);
            assert!(frame(&mut framing, 10) && !frame(&mut framing, 11), "{kind}");
        }
        let mut framing = Detect::new(FramingKind::Slip);
        framing.set_kind(FramingKind::LengthPrefix);
        let mut src = BytesMut::from(&b"\xc0\0\0\0"[..]);
        assert!(framing.decode(&mut src).is_err(), "a length beyond the limit");
    }

    #[test]
    fn who_speaks_first_may_choose() {
        let mut framing = Detect::default().speak_first(FramingKind::LengthPrefix);
        let mut dst = BytesMut::new();
        framing.encode(b"hi", &mut dst).unwrap();
        assert_eq!(&dst[..], b"\0\0\0\x02hi");
    }
}
