//! A framing made of two functions.

use core::fmt;

use bytes::{Buf, BytesMut};

use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::pending::Pending;

/// A framing made of two functions: one says where the next packet lies, the other writes what
/// stands before a packet.
///
/// It finds its way back after noise, if the first function does: what is no header can be passed
/// over, and is reported once however much there is of it.
///
/// # Examples
///
/// Packets behind a magic word and their length in one byte.
///
/// ```
/// use bytes::{BufMut, BytesMut};
/// use oscine_transport::framing::{Decoded, Framing, Front, Measured};
///
/// let mut framing = Measured::new(
///     |src: &[u8]| match src {
///         [b'O', b'K', length, ..] => Front::Frame { header: 3, packet: usize::from(*length) },
///         [] | [b'O'] | [b'O', b'K'] => Front::More,
///         _ => Front::Noise(1),
///     },
///     |length, dst: &mut BytesMut| {
///         dst.put_slice(b"OK");
///         dst.put_u8(u8::try_from(length).unwrap_or(u8::MAX));
///     },
/// )
/// .max_frame(255);
///
/// let mut received = BytesMut::from(&b"hiss!OK\x08/a\0\0,\0\0\0"[..]);
/// assert!(matches!(framing.decode(&mut received)?, Decoded::Fault(_)));
/// assert_eq!(framing.decode(&mut received)?, Decoded::Frame("/a\0\0,\0\0\0".into()));
/// # Ok::<(), oscine_transport::framing::FrameError>(())
/// ```
#[derive(Clone)]
pub struct Measured<M, W> {
    measure: M,
    write: W,
    limit: usize,
    /// Bytes taken from the stream so far.
    offset: u64,
    state: State,
}

/// What stands at the front of the bytes received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a fourth answer would be another contract")]
pub enum Front {
    /// Less than a header; look again when more has arrived.
    More,
    /// A header of so many bytes, and behind it a packet, of which not all needs to be there.
    Frame {
        /// The bytes of the header.
        header: usize,
        /// The bytes of the packet.
        packet: usize,
    },
    /// So many bytes, at least one, are no frame; look again behind them.
    Noise(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The bytes taken last were those of a frame.
    InStep,
    /// The bytes taken last were noise, which has been reported.
    Noisy,
    Broken(FrameError),
}

impl<M, W> Measured<M, W>
where
    M: Fn(&[u8]) -> Front,
    W: Fn(usize, &mut BytesMut),
{
    /// Makes a framing of what says where the next packet lies, and what writes the header of a
    /// packet of so many bytes.
    ///
    /// Neither is called with more than the limit, which is [`DEFAULT_MAX_FRAME`] unless
    /// [set](Self::max_frame).
    #[must_use]
    pub fn new(measure: M, write: W) -> Self {
        Self { measure, write, limit: DEFAULT_MAX_FRAME, offset: 0, state: State::InStep }
    }

    /// Sets the longest frame in bytes, both ways: 1 MiB by default ([`DEFAULT_MAX_FRAME`]).
    ///
    /// A longer one that arrives breaks the stream, and so does one that with its header is longer
    /// by more than 1,024 bytes. It must not be more than the header can tell.
    #[must_use]
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    fn take(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        while !src.is_empty() {
            match (self.measure)(src) {
                Front::More if src.len() > self.limit.saturating_add(MARKS) => {
                    return Err(self.too_long(src.len()));
                }
                Front::More => return Ok(Decoded::More),
                Front::Frame { packet, .. } if packet > self.limit => {
                    return Err(self.too_long(packet));
                }
                Front::Frame { header: 0, packet: 0 } | Front::Noise(0) => {
                    let reason = "a frame of no bytes".into();
                    return Err(FrameError::Other { reason, offset: self.offset });
                }
                // What a header says of its own length is not believed without bound either.
                Front::Frame { header, packet }
                    if header.saturating_add(packet) > self.limit.saturating_add(MARKS) =>
                {
                    return Err(self.too_long(header.saturating_add(packet)));
                }
                Front::Frame { header, packet } => {
                    if src.len() < header.saturating_add(packet) {
                        return Ok(Decoded::More);
                    }
                    self.state = State::InStep;
                    self.consume(src, header);
                    self.offset = self.offset.saturating_add(packet as u64);
                    if packet > 0 {
                        return Ok(Decoded::Frame(src.split_to(packet).freeze()));
                    }
                }
                Front::Noise(bytes) => {
                    let fault = FrameFault::new(FrameFaultKind::Noise, self.offset);
                    self.consume(src, bytes.min(src.len()));
                    if self.state != State::Noisy {
                        self.state = State::Noisy;
                        return Ok(Decoded::Fault(fault));
                    }
                }
            }
        }
        Ok(Decoded::More)
    }

    fn consume(&mut self, src: &mut BytesMut, bytes: usize) {
        src.advance(bytes);
        self.offset = self.offset.saturating_add(bytes as u64);
    }

    fn too_long(&self, length: usize) -> FrameError {
        FrameError::TooLong { length: length as u64, limit: self.limit, offset: self.offset }
    }

    fn start_over(&mut self) {
        (self.offset, self.state) = (0, State::InStep);
    }
}

impl<M, W> Framing for Measured<M, W>
where
    M: Fn(&[u8]) -> Front,
    W: Fn(usize, &mut BytesMut),
{
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        if let State::Broken(error) = &self.state {
            let silent = src.is_empty();
            src.clear();
            return if silent { Ok(Decoded::More) } else { Err(error.clone()) };
        }
        self.take(src).inspect_err(|error| {
            src.clear();
            self.state = State::Broken(error.clone());
        })
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        let decoded = self.decode(src);
        if decoded != Ok(Decoded::More) {
            if decoded.is_err() {
                self.start_over();
            }
            return decoded;
        }
        let kind = FrameFaultKind::Unfinished { length: src.len() };
        let fault = FrameFault::new(kind, self.offset);
        self.start_over();
        if src.is_empty() {
            return Ok(Decoded::More);
        }
        src.clear();
        Ok(Decoded::Fault(fault))
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.limit)?;
        (self.write)(frame.len(), dst);
        dst.extend_from_slice(frame);
        Ok(())
    }

    fn pending(&self, src: &[u8]) -> Pending {
        Pending::new(src.to_vec(), false)
    }
}

impl<M, W> fmt::Debug for Measured<M, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measured").field("limit", &self.limit).finish_non_exhaustive()
    }
}

/// How much may always be there of a header that is not whole.
const MARKS: usize = 1024;

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    /// `@` and the length in one byte.
    fn framing() -> impl Framing + Clone {
        let measure = |src: &[u8]| match src {
            [b'@', length, ..] => Front::Frame { header: 2, packet: usize::from(*length) },
            [b'@'] => Front::More,
            [b'0', ..] => Front::Noise(0),
            [b'9', ..] => Front::Noise(usize::MAX),
            _ => Front::Noise(1),
        };
        let write = |length, dst: &mut BytesMut| {
            dst.put_slice(&[b'@', u8::try_from(length).unwrap()]);
        };
        Measured::new(measure, write).max_frame(8)
    }

    #[test]
    fn noise_is_one_fault_however_it_comes() {
        let stream = b"x@\x02okyyy@\0z@\x04good9999";
        let fault = |offset| Decoded::Fault(FrameFault::new(FrameFaultKind::Noise, offset));
        // The empty frame ends the first noise, so that what is behind it is another one.
        let expected = [
            fault(0),
            Decoded::Frame("ok".into()),
            fault(5),
            fault(10),
            Decoded::Frame("good".into()),
            fault(17),
        ];
        for size in 1..=stream.len() {
            let (mut framing, mut src, mut found) = (framing(), BytesMut::new(), Vec::new());
            for piece in stream.chunks(size) {
                src.extend_from_slice(piece);
                loop {
                    match framing.decode(&mut src).unwrap() {
                        Decoded::More => break,
                        decoded => found.push(decoded),
                    }
                }
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_header_that_says_how_long_it_is_takes_no_memory_without_bound() {
        let measure = |src: &[u8]| match src.first_chunk() {
            Some(length) => {
                Front::Frame { header: u32::from_be_bytes(*length) as usize, packet: 1 }
            }
            None => Front::More,
        };
        let mut framing = Measured::new(measure, |_, _: &mut BytesMut| {}).max_frame(8);
        let mut src = BytesMut::from(&[0, 0, 4, 7][..]);
        src.resize(1031, 0);
        assert_eq!(framing.decode(&mut src), Ok(Decoded::More));
        src.put_slice(b"p\xff\xff\xff\xff");
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("p".into())));
        let error = FrameError::TooLong { length: 0x1_0000_0000, limit: 8, offset: 1032 };
        assert_eq!(framing.decode(&mut src), Err(error));
    }

    #[test]
    fn what_is_too_long_or_nothing_breaks_the_stream() {
        let mut framing = framing();
        let mut src = BytesMut::from(&b"@\x02ok@\x09too long!"[..]);
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("ok".into())));
        let error = FrameError::TooLong { length: 9, limit: 8, offset: 4 };
        assert_eq!(framing.decode(&mut src), Err(error.clone()));
        src.put_slice(b"@\x01a");
        assert_eq!(framing.decode(&mut src), Err(error));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
        src.put_slice(b"@\x01a0");
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("a".into())));
        framing.decode(&mut src).unwrap_err();
    }

    #[test]
    fn what_is_written_is_read_and_the_end_is_noticed() {
        let (mut framing, mut dst) = (framing(), BytesMut::new());
        framing.encode(b"frame", &mut dst).unwrap();
        assert_eq!(framing.encode(&[0; 9], &mut dst), Err(FrameTooLong::new(9, 8)));
        dst.put_slice(b"@\x05ha");
        assert_eq!(framing.pending(&dst).bytes.len(), 11);
        assert_eq!(framing.finish(&mut dst), Ok(Decoded::Frame("frame".into())));
        let fault = FrameFault::new(FrameFaultKind::Unfinished { length: 4 }, 7);
        assert_eq!(framing.finish(&mut dst), Ok(Decoded::Fault(fault)));
        assert_eq!(framing.finish(&mut dst), Ok(Decoded::More));
    }
}
