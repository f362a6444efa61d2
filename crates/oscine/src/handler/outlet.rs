//! The way back to a peer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use oscine_codec::{EncodeError, Packet};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::peer::Peer;

/// Something that can send packets to peers: a server, as its handlers see it.
pub(crate) trait Outlet: fmt::Debug + Send + Sync {
    /// Hands `packet` over for `peer`. Never waits.
    fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError>;

    /// Hears of what goes wrong with handlers.
    fn fault(&self, _: &Fault<'_>) {}

    /// How long an async handler may take.
    fn handler_timeout(&self) -> Option<Duration> {
        None
    }

    /// How many async handlers may be under way at once, where their methods do not say; `None` if each is waited for.
    fn slots(&self) -> Option<&Arc<Semaphore>> {
        None
    }

    /// Sees a handler through while other messages go on.
    fn spawn(&self, call: BoxFuture<'static, ()>);
}

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
}
