//! What goes wrong while a server serves.

use std::error::Error;
use std::fmt;

use oscine_codec::ReadError;
use oscine_transport::{BadPacket, StreamError};

use crate::handler::send_error::SendError;
use crate::peer::Peer;
use crate::schedule::limits::Overflow;

/// Something that went wrong while a server served, and did not end it; see
/// [`ServerBuilder::on_error`](crate::ServerBuilder::on_error).
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault<'a> {
    /// What a peer sent is no packet.
    Malformed {
        /// Who sent it.
        peer: &'a Peer,
        /// What is wrong with it, and where.
        error: &'a BadPacket,
    },
    /// No method takes the arguments of a message.
    Misfit {
        /// Who sent it.
        peer: &'a Peer,
        /// The address of the message.
        address: &'a str,
        /// What the last handler that was tried expected, and what it found.
        error: &'a ReadError,
    },
    /// A handler returned an error.
    HandlerFailed {
        /// Who sent the message.
        peer: &'a Peer,
        /// The address of the message.
        address: &'a str,
        /// What it returned.
        error: &'a (dyn Error + Send + Sync + 'static),
    },
    /// A handler panicked.
    HandlerPanicked {
        /// Who sent the message.
        peer: &'a Peer,
        /// The address of the message.
        address: &'a str,
    },
    /// A handler took longer than it may, and was cut short.
    HandlerTimedOut {
        /// Who sent the message.
        peer: &'a Peer,
        /// The address of the message.
        address: &'a str,
    },
    /// Bundles were refused because too much waits already.
    ScheduleRefused {
        /// Who sent them.
        peer: &'a Peer,
        /// How many.
        bundles: usize,
        /// The limit that is reached.
        overflow: Overflow,
    },
    /// A packet was not sent: it could not be handed over, or it was handed over and could not
    /// leave ([`SendError::Unsent`]). For a connection that takes nothing more this is told once, however much waited.
    NotSent {
        /// Who was to receive it.
        peer: &'a Peer,
        /// Why not.
        error: &'a SendError,
    },
    /// A connection broke, or was closed for what the peer did.
    ConnectionLost {
        /// The other end.
        peer: &'a Peer,
        /// Why.
        error: &'a StreamError,
    },
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { peer, error } => write!(f, "malformed packet from {peer}: {error}"),
            Self::Misfit { peer, address, error } => {
                write!(f, "no method at {address} takes what {peer} sent: {error}")
            }
            Self::HandlerFailed { peer, address, error } => {
                write!(f, "the handler of {address} for {peer} failed: {error}")
            }
            Self::HandlerPanicked { peer, address } => {
                write!(f, "the handler of {address} for {peer} panicked")
            }
            Self::HandlerTimedOut { peer, address } => {
                write!(f, "the handler of {address} for {peer} took too long")
            }
            Self::ScheduleRefused { peer, bundles, overflow } => {
                write!(f, "{bundles} bundles of {peer} refused: {overflow}")
            }
            Self::NotSent { peer, error } => write!(f, "packet to {peer} not sent: {error}"),
            Self::ConnectionLost { peer, error } => write!(f, "connection to {peer} lost: {error}"),
        }
    }
}
