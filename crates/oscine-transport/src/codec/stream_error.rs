//! Why a stream of packets ended early.

use core::time::Duration;
use std::io;

use thiserror::Error;

use crate::framing::error::FrameError;

/// Why a stream of packets ended before its peer closed it.
///
/// It is the last item but for the end. Bad packets are not errors: see
/// [`BadPacket`](crate::BadPacket).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StreamError {
    /// The borders of the packets are lost. The peer's fault; the connection has to be closed.
    #[error("framing broken")]
    Frame(#[from] FrameError),
    /// Nothing has arrived for so long. The peer's fault, if it is one; the limit is ours.
    #[error("nothing received for {limit:?}")]
    Idle {
        /// For how long a peer may be silent.
        limit: Duration,
    },
    /// A packet was begun and did not become whole in time. The peer's fault.
    #[error("packet not whole after {limit:?}")]
    Slow {
        /// How long a packet may take from its first byte to its last.
        limit: Duration,
    },
    /// The connection is dead. The fault of the environment.
    #[error("connection failed")]
    Io(#[from] io::Error),
}
