//! What a client and its senders share.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use oscine_codec::Packet;
use oscine_transport::stats::Counters;
use oscine_transport::{PeerAddr, SendError, Stats};
use tokio_util::sync::CancellationToken;

use crate::client::hub::Hub;
use crate::client::inlet::Inlet;
use crate::client::way::Way;

/// What a client and its senders share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Empty once the client was dropped: a sender that is kept must not keep the socket open.
    way: ArcSwapOption<Way>,
    pub(crate) hub: Hub,
    closed: CancellationToken,
    /// Those of the socket; `None` on UDP, where the socket is asked.
    counters: Option<Arc<Counters>>,
    /// What had been counted when the client was dropped.
    last: OnceLock<Stats>,
    /// How long a request waits unless it says so itself.
    pub(crate) timeout: Duration,
    pub(crate) local_addr: Option<SocketAddr>,
    /// Who is at the other end, where that does not change.
    pub(crate) peer: PeerAddr,
}

/// The socket of a client, in its parts.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) way: Way,
    pub(crate) inlet: Inlet,
    pub(crate) counters: Option<Arc<Counters>>,
    pub(crate) local_addr: Option<SocketAddr>,
    pub(crate) peer: PeerAddr,
}

impl Shared {
    pub(crate) fn new(parts: Parts, timeout: Duration) -> Self {
        let Parts { way, inlet, counters, local_addr, peer } = parts;
        Self {
            way: ArcSwapOption::from_pointee(way),
            hub: Hub::new(inlet),
            closed: CancellationToken::new(),
            counters,
            last: OnceLock::new(),
            timeout,
            local_addr,
            peer,
        }
    }

    pub(crate) async fn send(&self, packet: &Packet) -> Result<(), SendError> {
        let way = self.way()?;
        self.unless_closed(way.send(packet)).await
    }

    /// The way out, for as long as there is one.
    pub(crate) fn way(&self) -> Result<Arc<Way>, SendError> {
        self.way.load_full().ok_or(SendError::Closed)
    }

    /// Awaits something that waits for the peer, until the client is dropped.
    pub(crate) async fn unless_closed<T>(
        &self,
        sending: impl Future<Output = Result<T, SendError>>,
    ) -> Result<T, SendError> {
        tokio::select! {
            biased;
            outcome = sending => outcome,
            () = self.closed.cancelled() => Err(SendError::Closed),
        }
    }

    pub(crate) fn stats(&self) -> Stats {
        match (self.last.get(), &self.counters, self.way.load().as_deref()) {
            (Some(last), ..) => *last,
            (None, Some(counters), _) => counters.read(),
            (None, None, Some(Way::Udp { sender, .. })) => sender.stats(),
            (None, None, _) => Stats::default(),
        }
    }

    /// Lets go of the socket, at once.
    pub(crate) fn close(&self) {
        // Whoever asks later is told what was counted up to here.
        let _ = self.last.set(self.stats());
        self.closed.cancel();
        self.way.store(None);
        self.hub.close();
    }
}
