//! Where one packet ends and the next begins in a stream of bytes.
//!
//! A datagram carries one packet and needs no marks. A stream of bytes does, and Open Sound Control
//! has two ways to mark it. A [`Framing`] knows one of them: it cuts frames out of the bytes that
//! arrived and wraps frames that are to be sent. It does no IO and never looks inside a frame, so
//! the same code runs over TCP, a serial line, or a slice in a test.
//!
//! | framing | on the wire | specification |
//! | --- | --- | --- |
//! | [`LengthPrefix`] | an int32 length, big endian, before each packet | OSC 1.0 |
//! | [`Slip`] | END, the packet with END and ESC escaped, END | OSC 1.1, RFC 1055 |
//! | [`Detect`] | one of the two, chosen or found out from the first byte | |
//! | [`Datagram`] | nothing: all the bytes at hand are one frame | |
//! | `Cobs` (feature `cobs`) | the packet without zeros, a zero | Cheshire and Baker 1999 |
//! | [`Adapter`] | what a codec of tokio-util makes of it | |
//! | [`Measured`] | what two functions make of it | |
//!
//! Headers that are like that of OSC 1.0, but not the same, are read and written by
//! [`LengthPrefix::builder`].
//!
//! # The three outcomes
//!
//! [`Framing::decode`] looks at the bytes received so far and answers with a [`Decoded`]:
//!
//! 1. **There is less than a frame.** [`Decoded::More`]: call again when more bytes have arrived.
//!    Bytes already looked at are not looked at again, so a frame that arrives byte by byte costs
//!    as much as one that arrives at once.
//! 2. **There is a frame.** [`Decoded::Frame`], cut out of the buffer without copying. More may
//!    follow in the same buffer: call again. Frames without content are skipped.
//! 3. **There is a damaged frame, and its end is known.** [`Decoded::Fault`]: the frame is dropped
//!    and what follows can be read. There is one fault for a damaged frame, however much is wrong
//!    with it.
//!
//! The fourth is not an outcome but the end: [`FrameError`] says that the borders are lost, and
//! that nothing after this point can be trusted.
//!
//! # Memory
//!
//! A buffer grows with the bytes received, never with a length that was only announced, and a frame
//! longer than the limit ([`DEFAULT_MAX_FRAME`] unless set) is given up when it is seen to be too
//! long, not when its end arrives.
//!
//! # Examples
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use oscine_transport::framing::{Decoded, Framing, Slip};
//!
//! let mut slip = Slip::new();
//! let mut received = BytesMut::from(&b"\xc0/a\0\0,\0\0\0\xc0\xc0/half"[..]);
//!
//! let frame = Bytes::from_static(b"/a\0\0,\0\0\0");
//! assert_eq!(slip.decode(&mut received)?, Decoded::Frame(frame));
//! assert_eq!(slip.decode(&mut received)?, Decoded::More);
//! assert_eq!(&slip.pending(&received).bytes[..], b"/half");
//! # Ok::<(), oscine_transport::framing::FrameError>(())
//! ```

pub(crate) mod adapter;
pub(crate) mod any;
#[cfg(feature = "cobs")]
pub(crate) mod cobs;
pub(crate) mod contract;
pub(crate) mod cut;
pub(crate) mod datagram;
pub(crate) mod decoded;
pub(crate) mod detect;
pub(crate) mod error;
pub(crate) mod fault;
pub(crate) mod kind;
pub(crate) mod length_prefix;
pub(crate) mod limit;
pub(crate) mod measured;
pub(crate) mod pending;
pub mod slip;

pub use adapter::Adapter;
#[cfg(feature = "cobs")]
pub use cobs::Cobs;
pub use contract::Framing;
pub use cut::{Cut, Found};
pub use datagram::Datagram;
pub use decoded::Decoded;
pub use detect::Detect;
pub use error::{FrameError, FrameTooLong};
pub use fault::{FrameFault, FrameFaultKind};
pub use kind::{FramingKind, ParseFramingKindError};
pub use length_prefix::{LengthPrefix, LengthPrefixBuilder};
pub use limit::DEFAULT_MAX_FRAME;
pub use measured::{Front, Measured};
pub use pending::Pending;
pub use slip::Slip;
