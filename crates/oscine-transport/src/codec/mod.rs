//! Packets out of streams of bytes: a framing and decoding in one codec of tokio-util.
//!
//! `Framed<S, PacketCodec<F>>` is a stream and a sink of packets over any `AsyncRead + AsyncWrite`:
//! TCP, a unix stream, TLS, a serial line, a pipe in a test. [`connection`](crate::connection) is that
//! and what belongs to a connection besides.
//!
//! # What comes out
//!
//! 1. **Less than a frame has arrived.** Nothing yet; the next read goes on where this one stopped.
//! 2. **A whole frame holds a packet.** `Ok(packet)`, a copy of its own size.
//! 3. **A whole frame does not decode.** `Err(`[`BadPacket::Decode`]`)`, with the bytes, the reason
//!    and its place. Its borders are known, so the stream goes on.
//! 4. **A damaged frame was dropped.** `Err(`[`BadPacket::Frame`]`)`. The framing is in step again
//!    at the next mark, so the stream goes on.
//! 5. **The peer closed in the middle of a frame.** One `Err(BadPacket::Frame(..))` of kind
//!    unfinished, then the end.
//! 6. **The borders are lost.** [`StreamError::Frame`], then the end; close the connection.
//! 7. **The connection died.** [`StreamError::Io`], then the end. A [connection] that has time-outs or
//!    admits peers by their first packet ends so too: [`StreamError::Idle`], [`StreamError::Slow`],
//!    [`StreamError::Refused`].
//!
//! [connection]: crate::connection
//!
//! Items 2 to 5 are wrapped in another `Ok` by `Framed`, whose own errors are 6 and 7:
//!
//! ```
//! use bytes::Bytes;
//! use futures::StreamExt;
//! use oscine_transport::{PacketCodec, framing::Slip};
//! use tokio_util::codec::FramedRead;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oscine_transport::StreamError> {
//! let received = &b"\xc0/a\0\0,\0\0\0\xc0 nonsense \xc0/b\0\0,\0\0\0\xc0 half"[..];
//! let mut stream = FramedRead::new(received, PacketCodec::new(Slip::new()));
//!
//! let (mut good, mut bad) = (0, 0);
//! while let Some(item) = stream.next().await {
//!     match item? {
//!         Ok(_packet) => good += 1,
//!         Err(_reason) => bad += 1,
//!     }
//! }
//! assert_eq!((good, bad), (2, 2));
//! # Ok(())
//! # }
//! ```
//!
//! Without tokio, over bytes that are at hand, the same loop is:
//!
//! ```
//! use bytes::BytesMut;
//! use oscine_transport::{PacketCodec, framing::LengthPrefix};
//! use tokio_util::codec::Decoder;
//!
//! let mut codec = PacketCodec::new(LengthPrefix::new());
//! let mut bytes = BytesMut::from(&b"\0\0\0\x08/a\0\0,\0\0\0\0\0\0\x08/b"[..]);
//! let mut packets = 0;
//! while let Some(item) = codec.decode(&mut bytes)? {
//!     packets += usize::from(item.is_ok());
//! }
//! while let Some(item) = codec.decode_eof(&mut bytes)? {
//!     assert!(item.is_err(), "half a packet was left");
//! }
//! assert_eq!(packets, 1);
//! # Ok::<(), oscine_transport::StreamError>(())
//! ```
//!
//! # Three traps
//!
//! Whoever writes a codec of their own for OSC should know them; this one avoids them. All three
//! were seen in tokio-util 0.7.20.
//!
//! **`FramedRead` ends after an error.** A bad packet must be an item, or one bad packet of a
//! careless sender cuts off the good ones behind it.
//!
//! ```
//! # use bytes::{Bytes, BytesMut};
//! # use futures::StreamExt;
//! # use oscine_codec::{Packet, DecodeError};
//! # use tokio_util::codec::{Decoder, FramedRead, LengthDelimitedCodec};
//! # use oscine_transport::{PacketCodec, StreamError, framing::LengthPrefix};
//! struct Wrong(LengthDelimitedCodec);
//!
//! impl Decoder for Wrong {
//!     type Item = Packet;
//!     type Error = Box<dyn std::error::Error>;
//!
//!     fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Packet>, Self::Error> {
//!         let frame = self.0.decode(src)?;
//!         Ok(frame.map(|frame| Packet::decode(frame.freeze())).transpose()?)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let received = &b"\0\0\0\x04oops\0\0\0\x08/a\0\0,\0\0\0"[..];
//! let wrong = FramedRead::new(received, Wrong(LengthDelimitedCodec::new()));
//! assert_eq!(wrong.count().await, 1); // the bad one; the good one never comes
//!
//! let right = FramedRead::new(received, PacketCodec::new(LengthPrefix::new()));
//! assert_eq!(right.count().await, 2);
//! # }
//! ```
//!
//! **`UdpFramed` offers a datagram again until it is consumed.** A codec that fails and leaves the
//! bytes where they are fails for ever on the first bad datagram.
//!
//! ```
//! # use bytes::BytesMut;
//! # use oscine_codec::{Packet, DecodeError};
//! # use oscine_transport::{PacketCodec, framing::Datagram};
//! # use tokio_util::codec::Decoder;
//! # fn wrong(src: &mut BytesMut) -> Result<Option<Packet>, DecodeError> {
//! // wrong: the datagram is still in `src` when this fails
//! let packet = Packet::decode(src.clone().freeze())?;
//! src.clear();
//! # Ok(Some(packet))
//! # }
//! # fn right(src: &mut BytesMut) -> Result<Option<Packet>, DecodeError> {
//! // right: take it out first
//! let packet = Packet::decode(src.split().freeze())?;
//! # Ok(Some(packet))
//! # }
//! # let mut src = BytesMut::from(&b"oops"[..]);
//! # assert!(wrong(&mut src).is_err() && wrong(&mut src).is_err());
//! # assert!(right(&mut src).is_err() && src.is_empty());
//! ```
//!
//! **A failed `encode` leaves behind what it wrote.** The rest goes out with the next packet and
//! the peer is out of step from then on.
//!
//! ```
//! # use bytes::{BufMut, BytesMut};
//! # use oscine_transport::framing::{Framing, FrameTooLong, LengthPrefix};
//! # fn wrong(frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
//! # let limit = 4;
//! // wrong: four bytes of length are in `dst` when this fails
//! dst.put_u32(frame.len() as u32);
//! if frame.len() > limit {
//!     return Err(FrameTooLong::new(frame.len(), limit));
//! }
//! dst.extend_from_slice(frame);
//! # Ok(())
//! # }
//! # fn right(frame: &[u8], dst: &mut BytesMut) -> Result<(), FrameTooLong> {
//! # let limit = 4;
//! // right: check everything, then write
//! if frame.len() > limit {
//!     return Err(FrameTooLong::new(frame.len(), limit));
//! }
//! dst.put_u32(frame.len() as u32);
//! dst.extend_from_slice(frame);
//! # Ok(())
//! # }
//! # let mut dst = BytesMut::new();
//! # assert!(right(b"12345", &mut dst).is_err() && dst.is_empty());
//! # assert!(wrong(b"12345", &mut dst).is_err() && dst.len() == 4);
//! ```

pub(crate) mod bad_packet;
pub(crate) mod outgoing;
pub(crate) mod packet_codec;
pub(crate) mod sealed;
pub(crate) mod stopped;
pub(crate) mod stream_error;
pub(crate) mod taker;

pub use bad_packet::BadPacket;
pub use outgoing::Outgoing;
pub use packet_codec::PacketCodec;
pub use stream_error::StreamError;
