//! SLIP as the framing of a stream.

use bytes::{Buf, BytesMut};
use memchr::{memchr, memchr2};

use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::pending::Pending;
use crate::framing::slip::options::Options;
use crate::framing::slip::special::{END, ESC, ESC_END, ESC_ESC};
use crate::framing::slip::standalone::put;
use crate::framing::slip::unescape::unescape;

/// SLIP with END at both ends of a packet: the stream framing of OSC 1.1.
///
/// The [module page](crate::framing::slip) says which dialects are read and what becomes of
/// damaged frames. A frame without escapes is handed out without copying; escapes are replaced
/// where they stand.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use oscine_transport::framing::{Framing, Slip};
///
/// let mut wire = BytesMut::new();
/// Slip::new().encode(b"/a\0\0,\0\0\0", &mut wire)?;
/// assert_eq!(&wire[..], b"\xc0/a\0\0,\0\0\0\xc0");
/// # Ok::<(), oscine_transport::framing::FrameTooLong>(())
/// ```
#[derive(Debug, Clone)]
pub struct Slip {
    options: Options,
    state: State,
    /// Bytes taken from the stream so far.
    offset: u64,
}

/// What is known about the front of the buffer.
///
/// ```text
///              END: a frame, or nothing      bad escape, too long: a fault
///               ┌──────┐
///               │  ┌───▼───┐ ─────────────────────────────────► ┌──────┐
///               └──┤ Frame │                                    │ Skip │
///                  └───────┘ ◄───────────────────────────────── └──────┘
///                                          END
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The buffer begins with a frame: its first `scanned` bytes hold no END and this many whole
    /// `escapes`, each of which is one byte when it is replaced.
    Frame { scanned: usize, escapes: usize },
    /// The buffer begins inside a frame that has been given up.
    Skip,
}

impl Slip {
    /// Makes a framing with the default options; see [`SlipBuilder`](super::SlipBuilder).
    #[must_use]
    pub const fn new() -> Self {
        Self::with_options(Options::new())
    }

    pub(super) const fn with_options(options: Options) -> Self {
        Self { options, state: START, offset: 0 }
    }

    /// Sets the limit, unless one was set already.
    pub(crate) const fn or_max_frame(mut self, bytes: usize) -> Self {
        if self.options.max_frame.is_none() {
            self.options.max_frame = Some(bytes);
        }
        self
    }

    /// Scans on from where the last call stopped.
    fn scan(&mut self, src: &mut BytesMut, scanned: usize, escapes: usize) -> Option<Decoded> {
        let rest = src.get(scanned..).unwrap_or_default();
        let found = memchr2(END, ESC, rest).map(|index| scanned + index);
        let end = found.unwrap_or(src.len());
        if end - escapes > self.options.limit() {
            let kind = FrameFaultKind::TooLong { limit: self.options.limit() };
            let fault = FrameFault::new(kind, self.offset);
            return Some(self.give_up(src, end, fault));
        }
        let after = src.get(end + 1).copied();
        match src.get(end) {
            None => self.wait(end, escapes),
            Some(&END) => self.take(src, end, escapes),
            Some(_) => match after {
                None => self.wait(end, escapes),
                Some(ESC_END | ESC_ESC) => self.go_on(end + 2, escapes + 1),
                Some(END) if self.options.lenient => self.go_on(end + 1, escapes + 1),
                Some(_) if self.options.lenient => self.go_on(end + 2, escapes + 1),
                Some(byte) => {
                    let place = self.offset.saturating_add(end as u64 + 1);
                    let fault = FrameFault::new(FrameFaultKind::BadEscape { byte }, place);
                    Some(self.give_up(src, end + 1, fault))
                }
            },
        }
    }

    fn go_on(&mut self, scanned: usize, escapes: usize) -> Option<Decoded> {
        self.state = State::Frame { scanned, escapes };
        None
    }

    fn wait(&mut self, scanned: usize, escapes: usize) -> Option<Decoded> {
        self.state = State::Frame { scanned, escapes };
        Some(Decoded::More)
    }

    /// Takes a frame of `length` bytes and the END after it; `None` if it holds nothing.
    fn take(&mut self, src: &mut BytesMut, length: usize, escapes: usize) -> Option<Decoded> {
        self.state = START;
        if length == 0 {
            self.consume(src, 1);
            return None;
        }
        let mut frame = src.split_to(length);
        self.consume(src, 1);
        self.offset = self.offset.saturating_add(length as u64);
        if escapes > 0 {
            let length = unescape(&mut frame);
            frame.truncate(length);
        }
        if frame.is_empty() { None } else { Some(Decoded::Frame(frame.freeze())) }
    }

    fn give_up(&mut self, src: &mut BytesMut, consumed: usize, fault: FrameFault) -> Decoded {
        self.consume(src, consumed);
        self.state = State::Skip;
        Decoded::Fault(fault)
    }

    fn skip(&mut self, src: &mut BytesMut) -> Option<Decoded> {
        match memchr(END, src) {
            Some(index) => {
                self.consume(src, index + 1);
                self.state = START;
                None
            }
            None => {
                self.consume(src, src.len());
                Some(Decoded::More)
            }
        }
    }

    fn consume(&mut self, src: &mut BytesMut, count: usize) {
        src.advance(count);
        self.offset = self.offset.saturating_add(count as u64);
    }
}

impl Default for Slip {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for Slip {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        loop {
            let decoded = match self.state {
                State::Frame { scanned, escapes } => self.scan(src, scanned, escapes),
                State::Skip => self.skip(src),
            };
            if let Some(decoded) = decoded {
                return Ok(decoded);
            }
        }
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        let decoded = self.decode(src)?;
        if decoded != Decoded::More {
            return Ok(decoded);
        }
        let kind = FrameFaultKind::Unfinished { length: self.pending(src).bytes.len() };
        let fault = FrameFault::new(kind, self.offset);
        *self = Self::with_options(self.options);
        if src.is_empty() {
            return Ok(Decoded::More);
        }
        src.clear();
        Ok(Decoded::Fault(fault))
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.options.limit())?;
        put(frame, self.options.leading_end, dst);
        Ok(())
    }

    fn pending(&self, src: &[u8]) -> Pending {
        match self.state {
            State::Frame { scanned, .. } => {
                let mut bytes = src.to_vec();
                let length = unescape(&mut bytes);
                bytes.truncate(length);
                Pending::new(bytes, scanned < src.len())
            }
            State::Skip => Pending::default(),
        }
    }
}

/// The state before the first byte of a frame.
const START: State = State::Frame { scanned: 0, escapes: 0 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_looked_at_once() {
        let mut slip = Slip::new();
        let mut src = BytesMut::new();
        for (count, byte) in b"0123456789".iter().enumerate() {
            src.extend_from_slice(&[*byte]);
            assert_eq!(slip.decode(&mut src), Ok(Decoded::More));
            assert_eq!(slip.state, State::Frame { scanned: count + 1, escapes: 0 });
        }
    }

    #[test]
    fn a_frame_is_a_slice_of_what_was_read() {
        let mut slip = Slip::new();
        let mut src = BytesMut::from(&b"\xc0/first\xc0/second\xc0"[..]);
        let start = src.as_ptr() as usize;
        for (frame, place) in [("/first", 1), ("/second", 8)] {
            let Ok(Decoded::Frame(bytes)) = slip.decode(&mut src) else { panic!("no frame") };
            assert_eq!(bytes, frame);
            assert_eq!(bytes.as_ptr() as usize, start + place);
        }
    }

    #[test]
    fn an_endless_frame_takes_no_memory() {
        let mut slip = Slip::builder().max_frame(100).build();
        let mut src = BytesMut::new();
        let mut faults = 0;
        for _ in 0..1000 {
            src.extend_from_slice(&[b'x'; 64]);
            loop {
                match slip.decode(&mut src).unwrap() {
                    Decoded::More => break,
                    Decoded::Fault(_) => faults += 1,
                    Decoded::Frame(frame) => panic!("{frame:?}"),
                }
            }
            assert!(src.len() <= 100 && src.capacity() < 4096);
        }
        assert_eq!(faults, 1);
    }

    #[test]
    fn faults_say_where() {
        let mut slip = Slip::builder().max_frame(4).build();
        let mut src = BytesMut::from(&b"\xc0ok\xc0a\xdb!bc\xc0toolong\xc0ha"[..]);
        let fault = |kind, offset| Ok(Decoded::Fault(FrameFault::new(kind, offset)));
        assert_eq!(slip.finish(&mut src), Ok(Decoded::Frame("ok".into())));
        assert_eq!(slip.finish(&mut src), fault(FrameFaultKind::BadEscape { byte: b'!' }, 6));
        assert_eq!(slip.finish(&mut src), fault(FrameFaultKind::TooLong { limit: 4 }, 10));
        assert_eq!(slip.finish(&mut src), fault(FrameFaultKind::Unfinished { length: 2 }, 18));
        assert_eq!(slip.finish(&mut src), Ok(Decoded::More));
        assert_eq!(slip.finish(&mut src), Ok(Decoded::More));
    }
}
