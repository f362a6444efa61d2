//! Packets on their way to the loop that runs them.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use oscine_codec::Packet;
use oscine_transport::BadPacket;
use oscine_transport::connection::Frames;
use oscine_transport::stats::DropCause;
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use crate::dispatch::dispatched::Dispatched;
use crate::peer::Peer;
use crate::server::port::Port;
use crate::server::stop::Stop;

/// How many deliveries may wait to be run. Each holds less than 64 KiB and one packet, or one datagram.
pub(crate) const INBOX: usize = 64;

/// What waits to be run.
#[derive(Debug)]
pub(crate) enum Inbound {
    /// What was read and is not decoded.
    Delivered(Delivered),
    /// A packet of the program itself.
    Packet {
        packet: Packet,
        received_at: Instant,
        /// Told what came of it.
        done: oneshot::Sender<Dispatched>,
    },
}

/// What was read from a peer and is not decoded. Packets that have not had their turn when it is dropped are counted:
/// wherever that is, what was received is told of.
#[derive(Debug)]
pub(crate) struct Delivered {
    pub(crate) what: Read,
    pub(crate) peer: Peer,
    pub(crate) port: Arc<Port>,
    pub(crate) at: Instant,
    /// How many packets have had their turn, the bad ones among them.
    pub(crate) begun: usize,
    pub(crate) stop: Stop,
    /// Dropped when the packets have been run: a peer that is done sending is kept until then, for its replies.
    pub(crate) unhandled: Option<mpsc::Sender<Infallible>>,
}

/// What was read and is not decoded.
#[derive(Debug)]
pub(crate) enum Read {
    /// What one read of a connection brought.
    Frames(Frames),
    /// One datagram of those that the loop does not read.
    Datagram(Result<Bytes, BadPacket>),
}

impl Read {
    /// How many packets it is from the one on that comes after so many. Those that are none have been counted.
    fn packets(&self, begun: usize) -> u64 {
        match self {
            Self::Frames(frames) => frames.iter().skip(begun).filter(Result::is_ok).count() as u64,
            Self::Datagram(datagram) => u64::from(begun == 0 && datagram.is_ok()),
        }
    }
}

impl Drop for Delivered {
    fn drop(&mut self) {
        let packets = self.what.packets(self.begun);
        if packets > 0 {
            let cause = unrun(&self.stop);
            self.port.counters.dropped(cause, packets);
            debug!(peer = %self.peer, packets, cause = cause.name(), "read, and dropped");
        }
    }
}

/// Why what was read has not been run.
pub(crate) fn unrun(stop: &Stop) -> DropCause {
    if stop.is_asked() { DropCause::Stopped } else { DropCause::InboxFull }
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
