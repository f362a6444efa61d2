//! Packets on their way to the loop that runs them.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use oscine_codec::Packet;
use oscine_transport::BadPacket;
use oscine_transport::connection::Frames;
use tokio::sync::{mpsc, oneshot};

use crate::dispatch::dispatched::Dispatched;
use crate::peer::Peer;
use crate::server::port::Port;

/// How many deliveries may wait to be run. Each holds less than 64 KiB and one packet, or one datagram.
pub(crate) const INBOX: usize = 64;

/// What waits to be run.
#[derive(Debug)]
pub(crate) enum Inbound {
    /// What was read and is not decoded.
    Delivered {
        what: Delivered,
        peer: Peer,
        port: Arc<Port>,
        received_at: Instant,
        /// Dropped when the packets have been run: a peer that is done sending is kept until then, for its replies.
        unhandled: mpsc::Sender<Infallible>,
    },
    /// A datagram of a socket that the loop does not read.
    #[cfg(unix)]
    Datagram { bytes: Bytes, peer: Peer, port: Arc<Port>, received_at: Instant },
    /// A packet of the program itself.
    Packet {
        packet: Packet,
        received_at: Instant,
        /// Told what came of it.
        done: oneshot::Sender<Dispatched>,
    },
}

/// What was read and is not decoded.
#[derive(Debug)]
pub(crate) enum Delivered {
    /// What one read of a connection brought.
    Frames(Frames),
    /// One datagram of those that the program carries itself.
    Datagram(Result<Bytes, BadPacket>),
}

impl Delivered {
    /// How many packets it is. Those that are none have been counted.
    pub(crate) fn packets(&self) -> u64 {
        match self {
            Self::Frames(frames) => frames.iter().filter(Result::is_ok).count() as u64,
            Self::Datagram(datagram) => u64::from(datagram.is_ok()),
        }
    }
}

/// Frames that are empty, to be filled again.
#[derive(Debug, Default)]
pub(crate) struct Pool(Mutex<Vec<Frames>>);

/// How many of them are kept.
const KEPT: usize = 16;

impl Pool {
    pub(crate) fn take(&self) -> Frames {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spare.pop().unwrap_or_default()
    }

    pub(crate) fn put(&self, mut frames: Frames) {
        frames.clear();
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < KEPT {
            spare.push(frames);
        }
    }
}
