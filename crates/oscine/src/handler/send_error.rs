//! Why a packet was not handed over.

use oscine_codec::EncodeError;
use oscine_transport::PeerAddr;
use thiserror::Error;

use crate::peer::Peer;

/// Why a packet was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// What was to be sent is no packet.
    #[error("cannot be encoded")]
    Encode(#[from] EncodeError),
    /// The connection to the peer is closed, or the peer never had one.
    #[error("no way to {peer}")]
    Gone {
        /// Who cannot be reached.
        peer: Peer,
    },
    /// No endpoint can send to an address by itself: none is open, or none of its kind.
    #[error("no endpoint sends to {addr}")]
    NoEndpoint {
        /// The address.
        addr: PeerAddr,
    },
    /// The peer takes packets more slowly than they are sent, and its queue is full.
    #[error("the queue of {queued} packets to {peer} is full")]
    QueueFull {
        /// Who is slow.
        peer: Peer,
        /// How many packets the queue holds.
        queued: usize,
    },
    /// The system refused to send.
    #[error("the system refused to send to {peer}: {reason}")]
    System {
        /// Who was to receive it.
        peer: Peer,
        /// What the system said.
        reason: std::io::ErrorKind,
    },
    /// It was handed over, and has not been sent: the system, a [hook](oscine_transport::hook) or a limit refused it
    /// later. Told to [`on_error`](crate::ServerBuilder::on_error) alone, as whoever sent it has gone on.
    #[error("handed over for {peer}, and not sent: {reason}")]
    Unsent {
        /// Who was to receive it.
        peer: Peer,
        /// Why not.
        reason: String,
    },
}
