//! What a client and its senders share.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures::StreamExt;
use oscine_codec::Packet;
use oscine_transport::reconnect::State;
use oscine_transport::stats::Counters;
use oscine_transport::{PeerAddr, SendError, Stats};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::client::hub::Hub;
use crate::client::inlet::Inlet;
use crate::client::tasks;
use crate::client::way::Way;

/// What a client and its senders share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Empty once the client was dropped: a sender that is kept must not keep the socket open.
    way: ArcSwapOption<Way>,
    pub(crate) hub: Hub,
    closed: CancellationToken,
    /// Where the client was made; what it has to write it writes there.
    runtime: Option<Handle>,
    /// Those of the socket.
    counters: Arc<Counters>,
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
    pub(crate) counters: Arc<Counters>,
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
            runtime: Handle::try_current().ok(),
            counters,
            timeout,
            local_addr,
            peer,
        }
    }

    pub(crate) async fn send(&self, packet: &Packet) -> Result<(), SendError> {
        let way = self.way()?;
        self.sending(&way, way.send(packet)).await
    }

    /// Sends a packet if that is possible without waiting.
    pub(crate) fn try_send(&self, packet: &Packet) -> Result<(), SendError> {
        let way = self.way()?;
        // The connection may have to count how long the peer takes.
        let _entered = self.runtime.as_ref().map(Handle::enter);
        let _rest = Rest { shared: self, way: &way };
        way.try_send(packet)
    }

    /// The way out, for as long as there is one.
    pub(crate) fn way(&self) -> Result<Arc<Way>, SendError> {
        self.way.load_full().ok_or(SendError::Closed)
    }

    /// Awaits something that waits for the peer, until the client is dropped. If this is dropped, a
    /// task writes what a connection has taken and not written.
    pub(crate) async fn sending<T>(
        &self,
        way: &Arc<Way>,
        sending: impl Future<Output = Result<T, SendError>>,
    ) -> Result<T, SendError> {
        let _rest = Rest { shared: self, way };
        tokio::select! {
            biased;
            outcome = sending => outcome,
            () = self.closed.cancelled() => Err(SendError::Closed),
        }
    }

    /// Sends what the connection, or its queue, has taken, and ends that direction. Cancel safe.
    pub(crate) async fn finish(&self) -> Result<(), SendError> {
        let way = self.way()?;
        self.sending(&way, way.finish()).await?;
        if let Some(mut states) = self.hub.begin_close() {
            // The last state is that it is closed.
            while states.next().await.is_some_and(|state| !matches!(state, State::Closed)) {}
        }
        Ok(())
    }

    pub(crate) fn stats(&self) -> Stats {
        match self.way.load().as_deref() {
            // It asks the system for what it has dropped, too.
            Some(Way::Udp { sender, .. }) => sender.stats(),
            _ => self.counters.read(),
        }
    }

    pub(crate) const fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Lets go of the socket, at once.
    pub(crate) fn close(&self) {
        // What the system has dropped is counted while it can be asked.
        self.stats();
        self.closed.cancel();
        self.way.store(None);
        self.hub.close();
    }
}

/// Sees to it, when dropped, that what a connection has taken is written.
struct Rest<'a> {
    shared: &'a Shared,
    way: &'a Arc<Way>,
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        let Shared { runtime, closed, .. } = self.shared;
        // Without a runtime it goes out before what is sent next.
        let Some(runtime) = runtime.clone().or_else(|| Handle::try_current().ok()) else { return };
        if !self.way.is_unattended() {
            return;
        }
        let (way, closed) = (Arc::clone(self.way), closed.clone());
        tasks::begin(&runtime, async move {
            tokio::select! {
                written = way.write_rest() => {
                    if let Err(error) = written {
                        debug!(%error, "a packet that was given up is lost");
                    }
                }
                () = closed.cancelled() => {}
            }
        });
    }
}
