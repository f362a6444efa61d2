//! What all parts of a server, and its handles, share.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arc_swap::ArcSwap;
use oscine_codec::Packet;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::address_space::address_space::AddressSpace;
use crate::fault::Fault;
use crate::handler::outlet::{Outlet, SendError};
use crate::peer::Peer;
use crate::server::counters::{Counters, Stats};
use crate::server::inbound::{Inbound, Pool};
use crate::server::line::Line;
use crate::server::opening::{Opened, Opener, Sending};
use crate::server::outbound::{Outbound, QUEUE, SocketOut};
use crate::server::port::Port;
use crate::server::subscription::Subscribers;

/// Hears of faults.
pub(crate) type OnError = Arc<dyn Fn(&Fault<'_>) + Send + Sync>;

/// Hears of connections, and says whether it wants them.
pub(crate) type OnConnect = Arc<dyn Fn(&Peer) -> bool + Send + Sync>;

/// Hears of connections that are closed.
pub(crate) type OnDisconnect = Arc<dyn Fn(&Peer) + Send + Sync>;

/// What all parts of a server, and its handles, share.
pub(crate) struct Shared {
    pub(crate) space: AddressSpace,
    /// All endpoints there have been, by number.
    pub(crate) ports: ArcSwap<Vec<Arc<Port>>>,
    pub(crate) outbound: Outbound,
    pub(crate) counters: Arc<Counters>,
    pub(crate) line: Line,
    pub(crate) subscribers: Subscribers,
    pub(crate) pool: Pool,
    pub(crate) opener: Opener,
    pub(crate) inbox: mpsc::Sender<Inbound>,
    pub(crate) opened: mpsc::UnboundedSender<(Opened, Option<Sending>)>,
    /// Wakes the loop when something has changed that it did not do itself.
    pub(crate) changed: Notify,
    pub(crate) on_error: Option<OnError>,
    pub(crate) on_connect: Option<OnConnect>,
    pub(crate) on_disconnect: Option<OnDisconnect>,
    pub(crate) stop: CancellationToken,
    pub(crate) stopped: CancellationToken,
}

impl Shared {
    /// The endpoint of this number.
    pub(crate) fn port(&self, number: usize) -> Option<Arc<Port>> {
        self.ports.load().get(number).cloned()
    }

    /// Makes an endpoint known, and hands it to the loop. Says its number, or nothing if the loop has gone.
    pub(crate) fn announce(&self, opened: Opened) -> Option<usize> {
        let number = opened.port.number;
        let port = Arc::clone(&opened.port);
        let sending = opened.socket.sender().map(|sender| {
            let (queue, waiting) = mpsc::channel(QUEUE);
            self.outbound.open(number, Arc::new(SocketOut { sender: sender.clone(), queue }));
            (sender, waiting)
        });
        self.opened.send((opened, sending)).ok()?;
        self.ports.rcu(|ports| {
            let mut ports = Vec::clone(ports);
            // Those that were opened at the same time may come in any order.
            ports.push(Arc::clone(&port));
            ports.sort_by_key(|port| port.number);
            ports
        });
        Some(number)
    }

    /// What has been counted.
    pub(crate) fn stats(&self) -> Stats {
        let ports = self.ports.load();
        let transport = ports.iter().map(|port| match self.outbound.socket(port.number) {
            // Asks the system for what it has dropped, too.
            Some(socket) => socket.sender.stats(),
            None => port.counters.read(),
        });
        let transport = transport.reduce(|sum, stats| sum.plus(&stats)).unwrap_or_default();
        let (pending, pending_bytes) = {
            let engine = self.line.lock();
            (engine.schedule().len(), engine.schedule().bytes())
        };
        Stats { pending, pending_bytes, ..self.counters.read(transport) }
    }

    /// Tells whoever wants to hear of faults.
    pub(crate) fn tell(&self, fault: &Fault<'_>) {
        if let Some(on_error) = &self.on_error {
            // What it leaves behind half done is behind its own reference.
            if catch_unwind(AssertUnwindSafe(|| on_error(fault))).is_err() {
                error!(%fault, "the callback for faults panicked");
            }
        }
    }
}

impl Outlet for Shared {
    fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        let sent = self.outbound.send(peer, packet);
        if let Err(error) = &sent {
            self.tell(&Fault::NotSent { peer, error });
        }
        sent
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("ports", &self.ports.load()).finish_non_exhaustive()
    }
}
