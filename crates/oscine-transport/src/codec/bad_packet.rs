//! What arrived and was no packet.

use std::borrow::Cow;

use bytes::Bytes;
use oscine_codec::DecodeError;
use thiserror::Error;

use crate::framing::fault::FrameFault;

/// What arrived and was no packet, while the packets after it come through.
///
/// It is the peer's fault, or that of the line between. It is an item of a stream, never its end.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadPacket {
    /// A whole frame or datagram that does not decode. An empty datagram is one of these.
    #[error("malformed packet of {} bytes", .bytes.len())]
    Decode {
        /// Why, and where in `bytes`.
        #[source]
        error: DecodeError,
        /// A copy of the bytes that arrived, as hooks left them.
        bytes: Bytes,
    },
    /// A frame that was damaged and dropped.
    #[error("damaged frame")]
    Frame(#[from] FrameFault),
    /// A packet that a [hook](crate::hook) refused.
    #[error("refused: {reason}")]
    Refused {
        /// The hook's reason.
        reason: Cow<'static, str>,
        /// The bytes that arrived, before any hook saw them.
        bytes: Bytes,
    },
}
