//! A length before each packet: OSC 1.0.

use bytes::BytesMut;

use crate::framing::contract::Framing;
use crate::framing::cut::{Cut, Found};
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::length_prefix::header::Header;
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::pending::Pending;

/// An int32 length, big endian, before each packet: the stream framing of OSC 1.0.
///
/// A length of zero is skipped. A length above the limit, or above what an int32 holds, breaks the
/// stream, because the next length cannot be found.
///
/// Devices that have another header are reached with [`builder`](Self::builder).
///
/// It does what tokio-util's `LengthDelimitedCodec` does, but takes no memory for a length that was
/// only announced, and hands out a frame in a third of the time.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use oscine_transport::framing::{Framing, LengthPrefix};
///
/// let mut wire = BytesMut::new();
/// LengthPrefix::new().encode(b"/a\0\0,\0\0\0", &mut wire)?;
/// assert_eq!(&wire[..], b"\0\0\0\x08/a\0\0,\0\0\0");
/// # Ok::<(), oscine_transport::framing::FrameTooLong>(())
/// ```
#[derive(Debug, Clone)]
pub struct LengthPrefix {
    header: Header,
    limit: usize,
    /// Bytes taken from the stream so far.
    offset: u64,
    broken: Option<FrameError>,
}

impl LengthPrefix {
    /// Makes a framing with the default limit, [`DEFAULT_MAX_FRAME`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_max_frame(DEFAULT_MAX_FRAME)
    }

    /// Makes a framing that accepts and writes frames of at most `max_frame` bytes.
    ///
    /// More than 2,147,483,647 bytes, the greatest int32, are never accepted.
    #[must_use]
    pub fn with_max_frame(max_frame: usize) -> Self {
        Self::with_header(Header::OSC, max_frame)
    }

    pub(super) fn with_header(header: Header, max_frame: usize) -> Self {
        Self { header, limit: max_frame.min(header.greatest()), offset: 0, broken: None }
    }

    #[inline(always)]
    fn in_place(&mut self, src: &[u8]) -> Result<Cut, FrameError> {
        if let Some(error) = &self.broken {
            let silent = Cut { found: Found::More, consumed: 0 };
            return if src.is_empty() { Ok(silent) } else { Err(error.clone()) };
        }
        let size = self.header.size();
        let mut start = 0;
        // "the stream should begin with an int32 giving the size of the first packet" (OSC 1.0,
        // "OSC Packets"). A negative size is one above every limit here.
        while let Some((rest, number)) =
            src.get(start..).and_then(|rest| Some((rest, self.header.read(rest)?)))
        {
            let length = match self.header.packet(number).map(usize::try_from) {
                Some(Ok(length)) if length <= self.limit => length,
                _ => return Err(self.refuse(number)),
            };
            if rest.len() - size < length {
                break;
            }
            let frame = start + size..start + size + length;
            self.offset = self.offset.saturating_add((size + length) as u64);
            start = frame.end;
            if length > 0 {
                return Ok(Cut { found: Found::Frame(frame), consumed: start });
            }
        }
        Ok(Cut { found: Found::More, consumed: start })
    }

    #[cold]
    fn refuse(&mut self, number: u64) -> FrameError {
        let Self { header, limit, offset, .. } = *self;
        let error = match header.packet(number) {
            Some(length) => FrameError::TooLong { length, limit, offset },
            None => FrameError::TooShort { length: number, surplus: header.surplus, offset },
        };
        self.broken = Some(error.clone());
        error
    }

    /// The same framing at the beginning of a stream.
    fn start_over(&mut self) {
        *self = Self::with_header(self.header, self.limit);
    }
}

impl Default for LengthPrefix {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for LengthPrefix {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        match self.in_place(src) {
            Ok(cut) => Ok(cut.take_from(src)),
            Err(error) => {
                src.clear();
                Err(error)
            }
        }
    }

    #[inline(always)]
    fn cut(&mut self, src: &mut [u8]) -> Option<Result<Cut, FrameError>> {
        Some(self.in_place(src))
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        let decoded = self.decode(src);
        if decoded != Ok(Decoded::More) {
            if decoded.is_err() {
                self.start_over();
            }
            return decoded;
        }
        let fault = FrameFault::new(
            FrameFaultKind::Unfinished { length: self.pending(src).bytes.len() },
            self.offset,
        );
        self.start_over();
        if src.is_empty() {
            return Ok(Decoded::More);
        }
        src.clear();
        Ok(Decoded::Fault(fault))
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.limit)?;
        dst.reserve(self.header.size().saturating_add(frame.len()));
        self.header.write(frame.len(), dst);
        dst.extend_from_slice(frame);
        Ok(())
    }

    fn pending(&self, src: &[u8]) -> Pending {
        Pending::new(src.to_vec(), false)
    }
}
