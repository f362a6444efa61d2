//! Why a stream of packets ended early.

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
    /// The connection is dead. The fault of the environment.
    #[error("connection failed")]
    Io(#[from] io::Error),
}
