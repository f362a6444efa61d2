//! COBS: no zeros in the packet, a zero after it.

use bytes::{Buf, BufMut, BytesMut};
use memchr::memchr;

use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::pending::Pending;

/// COBS (Consistent Overhead Byte Stuffing): the packet written without zeros, and a zero.
///
/// It is common on serial lines. A packet of OSC, which is full of zeros, grows by one byte for
/// every 254 at most, and one for the mark. A damaged frame is dropped up to the next zero, and the
/// frame after it comes through. It needs the feature `cobs`, and both ends must be told: it is
/// never detected.
///
/// # Examples
///
/// ```
/// use futures::SinkExt;
/// use oscine_codec::{Message, Packet};
/// use oscine_transport::{connection::Builder, framing::Cobs};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (serial, _far) = tokio::io::duplex(1024);
/// let mut connection = Builder::new().framing_with(Cobs::new).wrap(serial);
/// connection.send(Packet::from(Message::new("/led", (1,))?)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Cobs {
    limit: usize,
    state: State,
    /// Bytes taken from the stream so far.
    offset: u64,
}

/// What is known about the front of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It begins with a frame, whose first `scanned` bytes hold no zero.
    Frame { scanned: usize },
    /// It begins inside a frame that has been given up.
    Skip,
}

impl Cobs {
    /// Makes a framing with the default limit, [`DEFAULT_MAX_FRAME`].
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max_frame(DEFAULT_MAX_FRAME)
    }

    /// Makes a framing that accepts and writes frames of at most `max_frame` bytes.
    ///
    /// A longer one that arrives is dropped and reported.
    #[must_use]
    pub const fn with_max_frame(max_frame: usize) -> Self {
        Self { limit: max_frame, state: START, offset: 0 }
    }

    /// Looks at one frame; nothing if there is nothing in it.
    fn step(&mut self, src: &mut BytesMut) -> Option<Decoded> {
        let scanned = match self.state {
            State::Frame { scanned } => scanned,
            State::Skip => 0,
        };
        let zero = memchr(0, src.get(scanned..).unwrap_or_default()).map(|index| scanned + index);
        let length = zero.unwrap_or(src.len());
        let start = self.offset;
        match self.state {
            State::Skip => {
                self.consume(src, zero.map_or(length, |zero| zero + 1));
                self.state = if zero.is_some() { START } else { State::Skip };
                zero.is_none().then_some(Decoded::More)
            }
            State::Frame { .. } if length > self.greatest() => {
                self.consume(src, length);
                self.state = State::Skip;
                Some(self.too_long(start))
            }
            State::Frame { .. } if zero.is_none() => {
                self.state = State::Frame { scanned: length };
                Some(Decoded::More)
            }
            State::Frame { .. } => {
                let mut frame = src.split_to(length);
                self.offset = self.offset.saturating_add(length as u64);
                self.consume(src, 1);
                self.state = START;
                if frame.is_empty() {
                    return None;
                }
                match cobs::decode_in_place(&mut frame) {
                    Ok(length) if length > self.limit => Some(self.too_long(start)),
                    Ok(length) => {
                        frame.truncate(length);
                        (length > 0).then(|| Decoded::Frame(frame.freeze()))
                    }
                    Err(_) => Some(Decoded::Fault(FrameFault::new(FrameFaultKind::Noise, start))),
                }
            }
        }
    }

    fn too_long(&self, start: u64) -> Decoded {
        let kind = FrameFaultKind::TooLong { limit: self.limit };
        Decoded::Fault(FrameFault::new(kind, start))
    }

    /// The longest that a frame can be as it is written.
    const fn greatest(&self) -> usize {
        self.limit.saturating_add(self.limit / 254 + 1)
    }

    fn consume(&mut self, src: &mut BytesMut, count: usize) {
        src.advance(count);
        self.offset = self.offset.saturating_add(count as u64);
    }
}

impl Default for Cobs {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for Cobs {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        loop {
            if let Some(decoded) = self.step(src) {
                return Ok(decoded);
            }
        }
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        let decoded = self.decode(src)?;
        if decoded != Decoded::More {
            return Ok(decoded);
        }
        let kind = FrameFaultKind::Unfinished { length: src.len() };
        let fault = FrameFault::new(kind, self.offset);
        *self = Self::with_max_frame(self.limit);
        if src.is_empty() {
            return Ok(Decoded::More);
        }
        src.clear();
        Ok(Decoded::Fault(fault))
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.limit)?;
        let before = dst.len();
        dst.resize(before.saturating_add(cobs::max_encoding_length(frame.len())), 0);
        let written = cobs::encode(frame, dst.get_mut(before..).unwrap_or_default());
        dst.truncate(before.saturating_add(written));
        dst.put_u8(0);
        Ok(())
    }

    fn pending(&self, src: &[u8]) -> Pending {
        Pending::new(src.to_vec(), false)
    }
}

/// The state before the first byte of a frame.
const START: State = State::Frame { scanned: 0 };

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(frame: &[u8], wire: &[u8]) {
        let mut dst = BytesMut::from(&b"before"[..]);
        Cobs::new().encode(frame, &mut dst).unwrap();
        assert_eq!(&dst[6..], wire);
        let decoded = Cobs::new().decode(&mut BytesMut::from(wire));
        assert_eq!(decoded, Ok(Decoded::Frame(frame.to_vec().into())));
    }

    #[test]
    fn frames_are_written_as_the_paper_has_it() {
        check(b"\0", b"\x01\x01\0");
        check(b"\0\0", b"\x01\x01\x01\0");
        check(b"\x11\x22\0\x33", b"\x03\x11\x22\x02\x33\0");
        check(b"\x11\0\0\0", b"\x02\x11\x01\x01\x01\0");
        check(b"/a\0\0,\0\0\0", b"\x03/a\x01\x02,\x01\x01\x01\0");
    }

    #[test]
    fn what_is_damaged_is_dropped_and_the_next_comes_through() {
        let mut cobs = Cobs::with_max_frame(4);
        let mut src = BytesMut::from(&b"\0\0\x03ok\0\x09no\0\x06toolong\0\x03ok\0\x03h"[..]);
        let ok = || Ok(Decoded::Frame("ok".into()));
        let fault = |kind, offset| Ok(Decoded::Fault(FrameFault::new(kind, offset)));
        assert_eq!(cobs.finish(&mut src), ok());
        assert_eq!(cobs.finish(&mut src), fault(FrameFaultKind::Noise, 6));
        assert_eq!(cobs.finish(&mut src), fault(FrameFaultKind::TooLong { limit: 4 }, 10));
        assert_eq!(cobs.finish(&mut src), ok());
        assert_eq!(cobs.finish(&mut src), fault(FrameFaultKind::Unfinished { length: 2 }, 23));
        assert_eq!(cobs.finish(&mut src), Ok(Decoded::More));
        assert_eq!(cobs.encode(b"12345", &mut src), Err(FrameTooLong::new(5, 4)));
        assert!(src.is_empty());
    }

    #[test]
    fn an_endless_frame_takes_no_memory() {
        let mut cobs = Cobs::with_max_frame(100);
        let (mut src, mut faults) = (BytesMut::new(), 0);
        for _ in 0..1000 {
            src.extend_from_slice(&[b'x'; 64]);
            while cobs.decode(&mut src).unwrap() != Decoded::More {
                faults += 1;
            }
            assert!(src.len() <= 101 && src.capacity() < 4096);
        }
        assert_eq!(faults, 1);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_in_any_pieces(
            frames in prop::collection::vec(
                prop::collection::vec(prop_oneof![Just(0), any::<u8>()], 1..600), 0..5),
            size in 1_usize..50,
        ) {
            let mut wire = BytesMut::new();
            for frame in &frames {
                Cobs::new().encode(frame, &mut wire).unwrap();
            }
            let (mut cobs, mut src, mut found) = (Cobs::new(), BytesMut::new(), Vec::new());
            for piece in wire.chunks(size) {
                src.extend_from_slice(piece);
                while let Decoded::Frame(frame) = cobs.decode(&mut src).unwrap() {
                    found.push(frame.to_vec());
                }
            }
            prop_assert_eq!(found, frames);
            prop_assert!(src.is_empty());
        }

        #[test]
        fn anything_can_arrive(wire in prop::collection::vec(0_u8..6, 0..200)) {
            let (mut cobs, mut src) = (Cobs::with_max_frame(20), BytesMut::from(&wire[..]));
            for _ in 0..=wire.len() {
                if cobs.finish(&mut src).unwrap() == Decoded::More {
                    break;
                }
            }
            prop_assert!(src.is_empty());
        }
    }
}
