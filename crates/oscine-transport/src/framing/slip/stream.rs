//! SLIP as the framing of a stream.

use bytes::BytesMut;
use memchr::{memchr, memchr2};

use crate::framing::contract::Framing;
use crate::framing::cut::{Cut, Found};
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::pending::Pending;
use crate::framing::slip::options::Options;
use crate::framing::slip::special::{END, ESC, ESC_END, ESC_ESC};
use crate::framing::slip::standalone::put;

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
    /// The buffer begins with a frame: its first `scanned` bytes hold no END, and were `written` to
    /// its beginning with their escapes replaced.
    Frame { scanned: usize, written: usize },
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

    /// Sets the limit, whether or not one was set already.
    pub(crate) const fn set_max_frame(&mut self, bytes: usize) {
        self.options.max_frame = Some(bytes);
    }

    #[inline]
    fn in_place(&mut self, src: &mut [u8]) -> Cut {
        self.cut_plain(src).unwrap_or_else(|| self.cut_any(src))
    }

    /// Finds a frame that is whole, has no escapes, and begins at the front: most are like that.
    #[inline]
    fn cut_plain(&mut self, src: &[u8]) -> Option<Cut> {
        let State::Frame { scanned: 0, .. } = self.state else { return None };
        let start = src.iter().position(|&byte| byte != END)?;
        let length = memchr2(END, ESC, src.get(start..)?)?;
        let end = start + length;
        if src.get(end) != Some(&END) || length > self.options.limit() {
            return None;
        }
        self.offset = self.offset.saturating_add(end as u64 + 1);
        Some(Cut { found: Found::Frame(start..end), consumed: end + 1 })
    }

    /// Finds the next frame, whatever it is.
    fn cut_any(&mut self, src: &mut [u8]) -> Cut {
        let mut skipped = 0;
        loop {
            let (_, rest) = src.split_at_mut(skipped);
            match self.state {
                State::Frame { scanned, written } => {
                    let mut cut = self.scan(rest, scanned, written);
                    if skipped > 0 {
                        cut.consumed += skipped;
                        if let Found::Frame(place) = &mut cut.found {
                            *place = place.start + skipped..place.end + skipped;
                        }
                    }
                    match &cut.found {
                        Found::Frame(place) if place.is_empty() => skipped = cut.consumed,
                        _ => return cut,
                    }
                }
                State::Skip => {
                    skipped += self.skip(rest);
                    if self.state == State::Skip {
                        return Cut { found: Found::More, consumed: skipped };
                    }
                }
            }
        }
    }

    /// Scans a frame on from where the last call stopped.
    fn scan(&mut self, src: &mut [u8], mut scanned: usize, mut written: usize) -> Cut {
        let mut start = 0;
        if scanned == 0 {
            start = src.iter().position(|&byte| byte != END).unwrap_or(src.len());
            self.offset = self.offset.saturating_add(start as u64);
        }
        let (_, src) = src.split_at_mut(start);
        loop {
            let found = memchr2(END, ESC, src.get(scanned..).unwrap_or_default());
            let end = found.map_or(src.len(), |index| scanned + index);
            let plain = end - scanned;
            if written + plain > self.options.limit() {
                let kind = FrameFaultKind::TooLong { limit: self.options.limit() };
                let fault = FrameFault::new(kind, self.offset);
                return self.give_up(start, end, fault);
            }
            if written < scanned {
                src.copy_within(scanned..end, written);
            }
            written += plain;
            scanned = match (src.get(end), src.get(end + 1)) {
                (Some(&END), _) => {
                    self.offset = self.offset.saturating_add(end as u64 + 1);
                    self.state = START;
                    let consumed = start + end + 1;
                    // Only an escape without its second byte leaves nothing here.
                    let found = Found::Frame(start..start + written);
                    return Cut { found, consumed };
                }
                (None, _) | (_, None) => {
                    self.state = State::Frame { scanned: end, written };
                    return Cut { found: Found::More, consumed: start };
                }
                (_, Some(&END)) if self.options.lenient => end + 1,
                (_, Some(&second)) => {
                    let byte = match second {
                        ESC_END => END,
                        ESC_ESC => ESC,
                        byte if self.options.lenient => byte,
                        byte => {
                            let place = self.offset.saturating_add(end as u64 + 1);
                            let kind = FrameFaultKind::BadEscape { byte };
                            return self.give_up(start, end + 1, FrameFault::new(kind, place));
                        }
                    };
                    if let Some(place) = src.get_mut(written) {
                        *place = byte;
                    }
                    written += 1;
                    end + 2
                }
            };
        }
    }

    /// Gives up a frame that begins at `start`, of which this many bytes were looked at.
    #[cold]
    fn give_up(&mut self, start: usize, looked_at: usize, fault: FrameFault) -> Cut {
        self.offset = self.offset.saturating_add(looked_at as u64);
        self.state = State::Skip;
        Cut { found: Found::Fault(fault), consumed: start + looked_at }
    }

    /// How many bytes belong to a frame that was given up. The frame may end later.
    #[cold]
    fn skip(&mut self, src: &[u8]) -> usize {
        let skipped = match memchr(END, src) {
            Some(index) => {
                self.state = START;
                index + 1
            }
            None => src.len(),
        };
        self.offset = self.offset.saturating_add(skipped as u64);
        skipped
    }
}

impl Default for Slip {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for Slip {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        Ok(self.in_place(src).take_from(src))
    }

    #[inline(always)]
    fn cut(&mut self, src: &mut [u8]) -> Option<Result<Cut, FrameError>> {
        Some(Ok(self.in_place(src)))
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
            State::Frame { scanned, written } => {
                let bytes = src.get(..written).unwrap_or_default();
                Pending::new(bytes.to_vec(), scanned < src.len())
            }
            State::Skip => Pending::default(),
        }
    }
}

/// The state before the first byte of a frame.
const START: State = State::Frame { scanned: 0, written: 0 };

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
            assert_eq!(slip.state, State::Frame { scanned: count + 1, written: count + 1 });
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
