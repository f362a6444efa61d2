//! What all parts of a server, and its handles, share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use oscine_codec::{Packet, TimeTag};
use oscine_transport::stats::DropCause;
use oscine_transport::{BadPacket, Endpoint, PeerAddr, SendError as TransportError, guard};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{error, trace};

use crate::address_space::address_space::AddressSpace;
use crate::clock::clock::Clock;
use crate::fault::Fault;
use crate::fault_log::{FaultLog, quietly};
use crate::handler::job::{Context, Job};
use crate::handler::outlet::Outlet;
use crate::handler::send_error::SendError;
use crate::peer::Peer;
use crate::peers::gate::MAX_PEERS;
use crate::peers::learn::learners::Learners;
use crate::peers::settings::GateSettings;
use crate::peers::view::PeerTable;
use crate::server::calls::Calls;
use crate::server::counters::{Counters, Stats};
use crate::server::inbound::{Inbound, Pool};
use crate::server::lateness::Lateness;
use crate::server::line::Line;
#[cfg(feature = "metrics")]
use crate::server::metrics::publisher::Publisher;
use crate::server::opening::{Opened, Opener, Sending};
use crate::server::outbound::{Outbound, SocketOut};
use crate::server::port::Port;
use crate::server::serve_error::{OnError, ServeError};
use crate::server::stop::Stop;
use crate::server::subscription::Subscribers;
use crate::server::telling::Telling;
use crate::time_offset::TimeOffset;

/// Hears of endpoints.
pub(crate) type OnBound = Arc<dyn Fn(&Endpoint) + Send + Sync>;

/// Hears of faults.
pub(crate) type OnFault = Arc<dyn Fn(&Fault<'_>) + Send + Sync>;

/// Hears of connections, and says whether it wants them.
pub(crate) type OnConnect = Arc<dyn Fn(&Peer) -> bool + Send + Sync>;

/// Hears of the start or the end of a bundle.
pub(crate) type OnBundle = Arc<dyn Fn(&Peer, TimeTag) + Send + Sync>;

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
    pub(crate) lateness: Lateness,
    pub(crate) fault_log: FaultLog,
    pub(crate) clock: Clock,
    /// Who may send what.
    pub(crate) gate: Arc<GateSettings>,
    /// Who has sent what.
    pub(crate) peers: Arc<PeerTable>,
    /// Whose clocks are learned.
    pub(crate) learners: Arc<Learners>,
    /// Those whose connections have closed, until the loop forgets them.
    pub(crate) departed: Mutex<Vec<Peer>>,
    pub(crate) subscribers: Subscribers,
    pub(crate) pool: Pool,
    pub(crate) opener: Opener,
    pub(crate) inbox: mpsc::Sender<Inbound>,
    pub(crate) opened: mpsc::UnboundedSender<(Opened, Option<Sending>)>,
    /// Wakes the loop when something has changed that it did not do itself.
    pub(crate) changed: Notify,
    #[cfg(feature = "metrics")]
    pub(crate) publisher: Mutex<Publisher>,
    pub(crate) on_bound: Option<OnBound>,
    pub(crate) on_error: Option<OnFault>,
    /// Who hears of a fault.
    pub(crate) telling: Arc<Telling>,
    pub(crate) on_handler_error: OnError,
    /// The fault of a handler that ends the server.
    pub(crate) fatal: OnceLock<String>,
    pub(crate) on_connect: Option<OnConnect>,
    pub(crate) on_bundle_start: Option<OnBundle>,
    pub(crate) on_bundle_end: Option<OnBundle>,
    pub(crate) on_disconnect: Option<OnDisconnect>,
    /// The server is to stop: nothing more is received.
    pub(crate) stop: Stop,
    /// How long an async handler may take.
    pub(crate) handler_timeout: Option<Duration>,
    /// How many async handlers may be under way at once; `None` if each is waited for.
    pub(crate) slots: Option<Arc<Semaphore>>,
    /// The handlers that nobody waits for.
    pub(crate) calls: Calls,
    /// Ends all tasks that do not end by themselves.
    pub(crate) cut: CancellationToken,
    /// No handler runs any more: what was handed over to be sent is sent, and no more.
    pub(crate) over: CancellationToken,
    pub(crate) stopped: CancellationToken,
}

impl Shared {
    /// The endpoint of this number.
    pub(crate) fn port(&self, number: usize) -> Option<Arc<Port>> {
        let ports = self.ports.load();
        // One with a lower number may still be on its way here.
        let place = ports.binary_search_by_key(&number, |port| port.number).ok()?;
        ports.get(place).cloned()
    }

    /// The texts of all endpoints there have been.
    pub(crate) fn listening(&self) -> Vec<String> {
        let ports = self.ports.load();
        let endpoints = ports.iter().filter_map(|port| port.endpoint.as_ref());
        endpoints.map(ToString::to_string).collect()
    }

    /// Makes an endpoint known, and hands it to the loop. Says its number, or nothing if the loop has gone.
    pub(crate) fn announce(&self, opened: Opened) -> Option<usize> {
        let number = opened.port.number;
        let port = Arc::clone(&opened.port);
        let sending = opened.socket.sender().map(|sender| {
            let (out, waiting) = SocketOut::new(sender.clone(), &self.counters);
            self.outbound.open(number, Arc::new(out));
            (sender, waiting)
        });
        // First, as a stream may end, and be forgotten, as soon as the loop has it.
        self.ports.rcu(|ports| {
            let mut ports = Vec::clone(ports);
            // Those that were opened at the same time may come in any order.
            ports.push(Arc::clone(&port));
            ports.sort_by_key(|port| port.number);
            ports
        });
        if self.opened.send((opened, sending)).is_err() {
            // The way out would keep the port bound as long as anybody has a handle.
            self.outbound.close_endpoint(number);
            self.forget_port(number);
            return None;
        }
        Some(number)
    }

    /// Forgets an endpoint that never was served, or a stream that has ended.
    pub(crate) fn forget_port(&self, number: usize) {
        self.ports.rcu(|ports| {
            let mut ports = Vec::clone(ports);
            ports.retain(|port| port.number != number);
            ports
        });
    }

    /// What has been counted.
    pub(crate) fn stats(&self) -> Stats {
        let ports = self.ports.load();
        // The others are streams, and all of them count in one place.
        let bound = ports.iter().filter(|port| !Arc::ptr_eq(&port.counters, &self.opener.streams));
        let transport = bound.map(|port| match self.outbound.socket(port.number) {
            // Asks the system for what it has dropped, too.
            Some(socket) => socket.sender.stats(),
            None => port.counters.read(),
        });
        let transport = transport.fold(self.opener.streams.read(), |sum, stats| sum.plus(&stats));
        let (pending, pending_bytes) = {
            let engine = self.line.lock();
            (engine.schedule().len(), engine.schedule().bytes())
        };
        let lateness = self.lateness.read().stats();
        Stats {
            pending,
            pending_bytes,
            lateness,
            denied: self.peers.denied.read(),
            rate_limited: self.peers.limited.read(),
            coalesced: self.peers.coalesced.read(),
            clock_steps: self.clock.steps(),
            ..self.counters.read(transport)
        }
    }

    /// Tells the recorder what has been counted.
    #[cfg(feature = "metrics")]
    pub(crate) fn publish(&self) {
        let (stats, lateness) = (self.stats(), self.lateness.read());
        // The recorder is the program's, and may panic.
        guarded(|| {
            let mut publisher = self.publisher.lock().unwrap_or_else(PoisonError::into_inner);
            publisher.publish(&stats, lateness);
        });
    }

    /// Whether a handler has failed, and that is to end the server.
    pub(crate) fn failed(&self) -> Result<(), ServeError> {
        match self.fatal.get() {
            Some(fault) => Err(ServeError::Handler { fault: fault.clone() }),
            None => Ok(()),
        }
    }

    /// Notes that a packet is taken up. Those of the program itself were not received.
    #[inline]
    pub(crate) fn handles(&self, peer: &Peer) {
        if *peer != Peer::Local {
            self.counters.handled.bump(1);
        }
    }

    /// Notes that a packet was decoded and is not run, as what came before it has stopped the server.
    #[cold]
    pub(crate) fn stopped_before(&self, peer: &Peer) {
        if let Some(number) = peer.endpoint() {
            let port = self.port(number);
            // A stream that has ended is known no longer.
            let counters = port.as_ref().map_or(&self.opener.streams, |port| &port.counters);
            counters.dropped(DropCause::Stopped, 1);
        }
    }

    /// Notes that a message is about to run.
    #[inline]
    pub(crate) fn begins(&self, job: &Job<'_>) {
        // Counted now: a handler that hangs may be cut short.
        self.counters.messages.bump(1);
        self.subscribers.show(job);
    }

    /// Tells whoever wants to hear of endpoints.
    pub(crate) fn bound(&self, endpoint: &Endpoint) {
        if let Some(on_bound) = &self.on_bound {
            guarded(|| on_bound(endpoint));
        }
    }

    /// Tells whoever wants to hear of faults; but not of those that come up while it hears of one, as when it sends to
    /// a peer that has gone: there would be no end to that.
    pub(crate) fn tell(&self, fault: &Fault<'_>) {
        let Some(on_error) = &self.on_error else { return };
        self.telling.once(|| {
            guarded(|| on_error(fault));
        });
    }

    /// Tells of something that was handed over and could not be sent. It is counted elsewhere. `told` is not
    /// what was handed over by whoever heard of a fault: there might be no end to that, either.
    pub(crate) fn tell_unsent(&self, peer: &Peer, error: &TransportError, told: bool) {
        trace!(%peer, %error, "packet not sent");
        if told && self.on_error.is_some() {
            let error = SendError::Unsent { peer: peer.clone(), reason: error.to_string() };
            self.tell(&Fault::NotSent { peer, error: &error });
        }
    }

    /// Tells of something that arrived and was no packet. It has been counted.
    pub(crate) fn malformed(&self, peer: &Peer, error: &BadPacket) {
        quietly!(DEBUG, self, Malformed, %peer, %error, "malformed packet");
        self.tell(&Fault::Malformed { peer, error });
    }

    /// A packet with the time tags of bundles as the peer's clock has them, from those of our wall clock: what is added
    /// to those that come in is taken off those that go out.
    fn in_time_of(&self, peer: &Peer, packet: Packet) -> Packet {
        if matches!(packet, Packet::Message(_)) {
            return packet;
        }
        let offset = match self.learners.offset(peer) {
            // That goes to the line, and what is sent comes from the wall clock.
            Some(learned) => TimeOffset::from_steps(learned.steps_past(self.clock.ahead())),
            None => {
                let timing = self.gate.settle(peer).timing.or(self.line.timing());
                timing.offset + self.clock.fixed_offset()
            }
        };
        if offset == TimeOffset::ZERO {
            return packet;
        }
        packet.map_time_tags(|tag| offset.outgoing(tag))
    }

    /// Sends to an address through the first endpoint that can.
    pub(crate) fn send_to_addr(&self, addr: PeerAddr, packet: Packet) -> Result<(), SendError> {
        match self.outbound.peer_at(&addr) {
            Some(peer) => self.send(&peer, packet),
            None => {
                self.counters.send_failures.add(1);
                Err(SendError::NoEndpoint { addr })
            }
        }
    }

    /// Whether a connection is wanted.
    pub(crate) fn wants(&self, peer: &Peer) -> bool {
        let wants = |wants: &OnConnect| guarded(|| wants(peer)).unwrap_or(false);
        self.gate.permits(peer) && self.on_connect.as_ref().is_none_or(wants)
    }

    pub(crate) fn departed(&self) -> MutexGuard<'_, Vec<Peer>> {
        self.departed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells that a bundle begins or ends.
    pub(crate) fn bundle(&self, hear: Option<&OnBundle>, context: Context<'_>, time_tag: TimeTag) {
        if let Some(hear) = hear {
            context.wait();
            guarded(|| hear(context.peer, time_tag));
        }
    }

    /// Tells that a connection is closed.
    pub(crate) fn disconnected(&self, peer: &Peer) {
        let mut departed = self.departed();
        // If the loop hangs, peers may come and go for long. It knows no more than these, and forgets others in time.
        if departed.len() < MAX_PEERS {
            departed.push(peer.clone());
        }
        drop(departed);
        self.changed.notify_one();
        if let Some(on_disconnect) = &self.on_disconnect {
            guarded(|| on_disconnect(peer));
        }
    }
}

impl Outlet for Shared {
    fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        if *peer == Peer::Local {
            // Nobody waits for it, and nothing is wrong with that.
            return Err(SendError::Gone { peer: Peer::Local });
        }
        let sent = self.outbound.send(peer, self.in_time_of(peer, packet));
        if let Err(error) = &sent {
            self.tell(&Fault::NotSent { peer, error });
        }
        sent
    }

    fn handler_timeout(&self) -> Option<Duration> {
        self.handler_timeout
    }

    fn fault_log(&self) -> &FaultLog {
        &self.fault_log
    }

    fn slots(&self) -> Option<&Arc<Semaphore>> {
        self.slots.as_ref()
    }

    fn run_beside(&self, peer: &Peer, call: BoxFuture<'static, ()>) {
        self.calls.see_through(call, self.outbound.keep(peer));
    }

    fn fault(&self, fault: &Fault<'_>) {
        let counter = match fault {
            Fault::HandlerFailed { .. } => &self.counters.handler_errors,
            Fault::HandlerPanicked { .. } => &self.counters.handler_panics,
            Fault::HandlerTimedOut { .. } => &self.counters.handler_timeouts,
            _ => return self.tell(fault),
        };
        counter.add(1);
        self.tell(fault);
        if self.on_handler_error == OnError::Stop && self.fatal.set(fault.to_string()).is_ok() {
            self.stop.ask();
        }
    }
}

/// Calls a callback; `None` if it panicked, which must not take the server with it.
fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    // What it leaves behind half done is behind its own reference.
    let outcome = guard::guarded(call);
    if outcome.is_none() {
        error!("a callback panicked");
    }
    outcome
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("ports", &self.ports.load()).finish_non_exhaustive()
    }
}
