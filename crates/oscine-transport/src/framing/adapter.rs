//! Any codec of tokio-util as a framing.

use core::fmt::Display;

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::framing::error::{FrameError, FrameTooLong};
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::framing::pending::Pending;

/// Any codec of tokio-util that reads and writes frames of bytes, as a framing.
///
/// What the codec does with memory is its own matter: `LengthDelimitedCodec`, for one, takes memory
/// for the length announced, so set its limit too. What has arrived of a frame may have at most
/// twice the limit set here, and some more for marks; then the stream is broken.
///
/// An error of the codec breaks the stream. Where a time-out for slow packets is set
/// ([`frame_timeout`](crate::connection::Builder::frame_timeout)) a codec that takes out a header
/// before the packet is whole gets that time twice.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use oscine_transport::framing::{Adapter, Decoded, Framing};
/// use tokio_util::codec::LengthDelimitedCodec;
///
/// let codec = LengthDelimitedCodec::builder().length_field_length(3).max_frame_length(512).new_codec();
/// let mut framing = Adapter::new(codec);
/// let mut received = BytesMut::from(&b"\0\0\x08/a\0\0,\0\0\0"[..]);
/// assert_eq!(framing.decode(&mut received)?, Decoded::Frame("/a\0\0,\0\0\0".into()));
/// # Ok::<(), oscine_transport::framing::FrameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adapter<C> {
    codec: C,
    /// The codec as it is at the beginning of a stream.
    fresh: C,
    limit: usize,
    /// Bytes taken from the stream so far.
    offset: u64,
    broken: Option<FrameError>,
}

impl<C: Clone> Adapter<C> {
    /// Makes a framing of a codec, with the default limit, [`DEFAULT_MAX_FRAME`].
    #[must_use]
    pub fn new(codec: C) -> Self {
        Self::with_max_frame(codec, DEFAULT_MAX_FRAME)
    }

    /// Makes a framing of a codec that accepts and writes frames of at most `max_frame` bytes.
    ///
    /// A longer one that arrives is dropped and reported.
    #[must_use]
    pub fn with_max_frame(codec: C, max_frame: usize) -> Self {
        Self { fresh: codec.clone(), codec, limit: max_frame, offset: 0, broken: None }
    }

    fn start_over(&mut self) {
        *self = Self::with_max_frame(self.fresh.clone(), self.limit);
    }

    /// Takes the next frame that is not empty.
    fn take<T: Into<Bytes>, E: Display>(
        &mut self,
        src: &mut BytesMut,
        next: impl Fn(&mut C, &mut BytesMut) -> Result<Option<T>, E>,
    ) -> Result<Decoded, FrameError> {
        loop {
            let (before, start) = (src.len(), self.offset);
            let item = next(&mut self.codec, src);
            let taken = before.saturating_sub(src.len());
            self.offset = self.offset.saturating_add(taken as u64);
            match item {
                Ok(None) => return Ok(Decoded::More),
                Ok(Some(frame)) => {
                    let frame = frame.into();
                    if frame.len() > self.limit {
                        let kind = FrameFaultKind::TooLong { limit: self.limit };
                        return Ok(Decoded::Fault(FrameFault::new(kind, start)));
                    }
                    // An empty frame is skipped, unless it would come again for ever.
                    if !frame.is_empty() {
                        return Ok(Decoded::Frame(frame));
                    }
                    if taken == 0 {
                        return Ok(Decoded::More);
                    }
                }
                Err(error) => {
                    let reason = error.to_string().into();
                    return Err(FrameError::Other { reason, offset: start });
                }
            }
        }
    }
}

impl<C, T> Framing for Adapter<C>
where
    C: Decoder<Item = T, Error: Display> + Encoder<Bytes> + Clone,
    T: Into<Bytes>,
{
    fn decode(&mut self, src: &mut BytesMut) -> Result<Decoded, FrameError> {
        if let Some(error) = &self.broken {
            let silent = src.is_empty();
            src.clear();
            return if silent { Ok(Decoded::More) } else { Err(error.clone()) };
        }
        let mut decoded = self.take(src, C::decode);
        if decoded == Ok(Decoded::More) && src.len() > self.limit.saturating_mul(2).max(MARKS) {
            let length = src.len() as u64;
            decoded = Err(FrameError::TooLong { length, limit: self.limit, offset: self.offset });
        }
        decoded.inspect_err(|error| {
            src.clear();
            self.broken = Some(error.clone());
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
        // What is left is no whole frame by itself, but the codec may take its end for a mark.
        let (length, offset) = (src.len(), self.offset);
        let last = self.take(src, C::decode_eof);
        if let Ok(decoded @ (Decoded::Frame(_) | Decoded::Fault(_))) = last {
            return Ok(decoded);
        }
        src.clear();
        self.start_over();
        Ok(if length == 0 {
            Decoded::More
        } else {
            Decoded::Fault(FrameFault::new(FrameFaultKind::Unfinished { length }, offset))
        })
    }

    fn encode(&mut self, frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
        FrameTooLong::check(frame.len(), self.limit)?;
        let before = dst.len();
        self.codec.encode(Bytes::copy_from_slice(frame), dst).map_err(|_| {
            // A codec that fails may leave behind what it wrote.
            dst.truncate(before);
            FrameTooLong::new(frame.len(), frame.len().saturating_sub(1))
        })
    }

    fn pending(&self, src: &[u8]) -> Pending {
        Pending::new(src.to_vec(), false)
    }
}

/// How much may always be there of a frame that is not whole.
const MARKS: usize = 1024;

#[cfg(test)]
mod tests {
    use tokio_util::codec::{BytesCodec, LengthDelimitedCodec};

    use super::*;

    fn framing() -> Adapter<LengthDelimitedCodec> {
        let codec = LengthDelimitedCodec::builder().length_field_length(2).new_codec();
        Adapter::with_max_frame(codec, 8)
    }

    #[test]
    fn frames_come_out_and_long_ones_are_faults() {
        let mut src = BytesMut::from(&b"\0\x04good\0\0\0\x09too long!\0\x04fine\0\x03ha"[..]);
        let mut framing = framing();
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Frame("good".into())));
        let fault = FrameFault::new(FrameFaultKind::TooLong { limit: 8 }, 8);
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Fault(fault)));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Frame("fine".into())));
        // The codec has taken the header of what is not whole.
        let fault = FrameFault::new(FrameFaultKind::Unfinished { length: 2 }, 27);
        assert_eq!(framing.finish(&mut src), Ok(Decoded::Fault(fault)));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
        src.extend_from_slice(b"\0\x01a");
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("a".into())));
    }

    #[test]
    fn an_error_of_the_codec_breaks_the_stream_until_it_is_finished() {
        let codec = LengthDelimitedCodec::builder().max_frame_length(4).new_codec();
        let mut framing = Adapter::new(codec);
        let mut src = BytesMut::from(&b"\0\0\0\x04good\0\0\0\x05x"[..]);
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("good".into())));
        let error = framing.decode(&mut src).unwrap_err();
        assert!(matches!(&error, FrameError::Other { offset: 8, .. }), "{error:?}");
        assert!(src.is_empty());
        src.extend_from_slice(b"\0\0\0\x01a");
        assert_eq!(framing.decode(&mut src), Err(error));
        assert_eq!(framing.finish(&mut src), Ok(Decoded::More));
        src.extend_from_slice(b"\0\0\0\x01a");
        assert_eq!(framing.decode(&mut src), Ok(Decoded::Frame("a".into())));
    }

    #[test]
    fn what_never_becomes_a_frame_is_not_kept_for_ever() {
        let codec = LengthDelimitedCodec::builder().max_frame_length(1 << 30).new_codec();
        let mut framing = Adapter::with_max_frame(codec, 1 << 10);
        let mut src = BytesMut::from(&b"\x00\x01\0\0"[..]);
        let mut pieces = 0;
        let error = loop {
            src.extend_from_slice(&[0; 100]);
            pieces += 1;
            assert!(pieces < 100);
            if let Err(error) = framing.decode(&mut src) {
                break error;
            }
        };
        assert!(matches!(error, FrameError::TooLong { limit: 1024, .. }), "{error:?}");
    }

    #[test]
    fn a_frame_that_does_not_fit_leaves_the_buffer_as_it_was() {
        let mut dst = BytesMut::from(&b"before"[..]);
        assert_eq!(framing().encode(&[0; 9], &mut dst), Err(FrameTooLong::new(9, 8)));
        let codec = LengthDelimitedCodec::builder().max_frame_length(4).new_codec();
        Adapter::new(codec).encode(&[0; 5], &mut dst).unwrap_err();
        assert_eq!(&dst[..], b"before");
        Adapter::new(BytesCodec::new()).encode(b" and after", &mut dst).unwrap();
        assert_eq!(&dst[..], b"before and after");
    }
}
