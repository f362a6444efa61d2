//! A length before each packet: OSC 1.0.

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::pending::Pending;

/// An int32 length, big endian, before each packet: the stream framing of OSC 1.0.
///
/// A length of zero is skipped. A length above the limit, or above what an int32 holds, breaks the
/// stream, because the next length cannot be found.
///
/// The cutting is done by tokio-util's [`LengthDelimitedCodec`]. It takes memory for the length
/// announced, so it is handed a frame only when the whole of it is there.
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
    codec: LengthDelimitedCodec,
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
        let limit = max_frame.min(GREATEST_LENGTH);
        let codec = LengthDelimitedCodec::builder()
            .length_field_type::<u32>()
            .big_endian()
            .max_frame_length(limit)
            .new_codec();
        Self { codec, limit, offset: 0, broken: None }
    }

    fn take(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        while let Some((header, body)) = src.split_first_chunk::<HEADER>() {
            // "the stream should begin with an int32 giving the size of the first packet" (OSC 1.0,
            // "OSC Packets"). A negative size is one above `GREATEST_LENGTH` here.
            let announced = u32::from_be_bytes(*header);
            let length = match usize::try_from(announced) {
                Ok(length) if length <= self.limit => length,
                _ => return Err(self.too_long(announced)),
            };
            if body.len() < length {
                return Ok(Decoded::More);
            }
            let taken = HEADER.saturating_add(length);
            bytes::Buf::advance(src, HEADER);
            let frame = src.split_to(length).freeze();
            self.offset = self.offset.saturating_add(taken as u64);
            if !frame.is_empty() {
                return Ok(Decoded::Frame(frame));
            }
        }
        Ok(Decoded::More)
    }

    fn too_long(&self, length: u32) -> FrameError {
        FrameError::TooLong { length, limit: self.limit, offset: self.offset }
    }
}

impl Default for LengthPrefix {
    fn default() -> Self {
        Self::new()
    }
}

impl Framing for LengthPrefix {
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        if let Some(error) = self.broken {
            let silent = src.is_empty();
            src.clear();
            return if silent { Ok(Decoded::More) } else { Err(error) };
        }
        self.take(src).inspect_err(|error| {
            src.clear();
            self.broken = Some(*error);
        })
    }

    fn finish(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        let decoded = self.decode(src);
        if decoded != Ok(Decoded::More) {
            if decoded.is_err() {
                *self = Self::with_max_frame(self.limit);
            }
            return decoded;
        }
        let fault = FrameFault::new(
            FrameFaultKind::Unfinished { length: self.pending(src).bytes.len() },
            self.offset,
        );
        *self = Self::with_max_frame(self.limit);
        if src.is_empty() {
            return Ok(Decoded::More);
        }
        src.clear();
        Ok(Decoded::Fault(fault))
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.limit)?;
        self.codec
            .encode(frame, dst)
            .map_err(|_| FrameTooLong::new(frame.len(), self.codec.max_frame_length()))
    }

    fn pending(&self, src: &[u8]) -> Pending {
        Pending::new(src.to_vec(), false)
    }
}

/// The bytes of a length prefix.
const HEADER: usize = 4;

/// The greatest int32.
const GREATEST_LENGTH: usize = i32::MAX as usize;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_frame_takes_memory_as_it_arrives() {
        let mut framing = LengthPrefix::with_max_frame(1 << 30);
        let mut src = BytesMut::from(&[0x3f, 0xff, 0xff, 0xff, 1, 2, 3][..]);
        assert_eq!(framing.decode(&mut src), Ok(Decoded::More));
        assert!(src.capacity() < 4096, "{} bytes were taken", src.capacity());
    }

    #[test]
    fn an_error_is_final_until_the_stream_is_finished() {
        let mut framing = LengthPrefix::with_max_frame(16);
        let mut src = BytesMut::from(&b"\0\0\0\x04good\0\0\0\x11"[..]);
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("good".into())));
        let error = FrameError::TooLong { length: 17, limit: 16, offset: 8 };
        assert_eq!(framing.decode(&mut src), Err(error));
        assert!(src.is_empty());
        assert_eq!(framing.decode(&mut src), Ok(Decoded::More));
        src.extend_from_slice(b"\0\0\0\x04more");
        assert_eq!(framing.decode(&mut src), Err(error));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
        src.extend_from_slice(b"\0\0\0\x04more");
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("more".into())));
    }

    #[test]
    fn an_unfinished_frame_is_one_fault() {
        let mut framing = LengthPrefix::new();
        let mut src = BytesMut::from(&b"\0\0\0\x04good\0\0\0\x09half"[..]);
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Frame("good".into())));
        let fault = FrameFault::new(FrameFaultKind::Unfinished { length: 8 }, 8);
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Fault(fault)));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
    }

    #[test]
    fn a_frame_above_the_limit_leaves_the_buffer_as_it_was() {
        let mut framing = LengthPrefix::with_max_frame(3);
        let mut dst = BytesMut::from(&b"before"[..]);
        let error = framing.encode(b"four", &mut dst).unwrap_err();
        assert_eq!(error, FrameTooLong::new(4, 3));
        assert_eq!(&dst[..], b"before");
    }
}
