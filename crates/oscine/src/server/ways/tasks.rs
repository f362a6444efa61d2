//! Every task that a server spawns.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use oscine_transport::Udp;
use oscine_transport::connection::Connection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::field::display;
use tracing::{Instrument, debug, info, info_span};

use crate::client::client::Client;
use crate::peer::Peer;
use crate::server::alive::Alive;
use crate::server::endpoint::door::Door;
use crate::server::endpoint::lease::Lease;
use crate::server::endpoint::opening::{Sending, Socket};
use crate::server::endpoint::port::Port;
use crate::server::endpoint::ruled::Ruled;
use crate::server::shared::Shared;
use crate::server::ways::backlog;
use crate::server::ways::connection::Conversation;
use crate::server::ways::datagrams;
use crate::server::ways::two_way::leave;
#[cfg(unix)]
use crate::server::ways::unix_datagrams;

/// What the tasks of one server share.
#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) shared: Arc<Shared>,
    pub(crate) next_connection: Arc<AtomicU64>,
    /// Held by every task, longer than its socket.
    pub(crate) _alive: Arc<Alive>,
}

/// What the loop reads by itself.
pub(crate) enum Looped {
    Udp(Box<Udp>),
    Client(Arc<Client>),
}

impl Tasks {
    /// Spawns a task that ends when the server is cut short.
    fn spawn<F: Future<Output = ()> + Send + 'static>(&self, run: impl FnOnce(Self) -> F) {
        let (cut, alive) = (self.shared.cut.clone(), Arc::clone(&self._alive));
        let run = run(self.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = run => {}
                () = cut.cancelled() => {}
            }
            // Last: everything of the task that keeps a port bound has been dropped by now.
            drop(alive);
        });
    }

    /// Serves an endpoint; hands back what the loop reads by itself.
    pub(crate) fn spawn_endpoint(
        &self,
        socket: Socket,
        port: &Arc<Port>,
        sending: Option<Sending>,
    ) -> Option<Looped> {
        let (shared, port) = (&self.shared, Arc::clone(port));
        let (endpoint, lease) = (port.number, || Lease::new(shared, &port));
        match (socket, sending) {
            (Socket::Datagrams(exchange, _), Some((_, queue))) => {
                let lease = lease();
                self.spawn(|tasks| datagrams::carry(tasks.shared, *exchange, port, queue, lease));
            }
            (Socket::Datagrams(..), None) => {}
            (Socket::Stream(connection), _) => {
                let peer = |connection| Peer::Stream { endpoint, connection };
                let lease = Arc::new(lease());
                self.spawn_connection(*connection, port, peer, Some(lease));
            }
            (Socket::Connections(incoming), _) => {
                let lease = Arc::new(lease());
                self.spawn(|tasks| tasks.accept(*incoming, port, Some(lease)));
            }
            (Socket::Tcp(listener), _) => self.spawn(|tasks| tasks.accept(listener, port, None)),
            #[cfg(unix)]
            (Socket::Unix(listener), _) => self.spawn(|tasks| tasks.accept(listener, port, None)),
            #[cfg(unix)]
            (Socket::UnixDatagrams(datagrams), sending) => {
                self.spawn_sender(sending, &port);
                self.spawn(|tasks| unix_datagrams::receive(tasks.shared, *datagrams, port));
            }
            (Socket::Udp(udp), sending) => {
                self.spawn_sender(sending, &port);
                return Some(Looped::Udp(udp));
            }
            (Socket::Client(client), sending) => {
                self.spawn_sender(sending, &port);
                return Some(Looped::Client(client));
            }
        }
        None
    }

    /// Sends what a socket of datagrams did not take at once.
    fn spawn_sender(&self, sending: Option<Sending>, port: &Arc<Port>) {
        let Some((sender, queue)) = sending else { return };
        let port = Arc::clone(port);
        self.spawn(|tasks| async move {
            if !leave(backlog::send(tasks.shared, sender, queue), port.closed()).await {
                debug!(endpoint = port.number, "cut short");
            }
        });
    }

    /// Tells the recorder of crate `metrics` what is counted, until the server is over. Once is enough.
    #[cfg(feature = "metrics")]
    pub(crate) fn spawn_publisher(&self) {
        let interval = {
            let mut publisher =
                self.shared.publisher.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if std::mem::replace(&mut publisher.begun, true) {
                return;
            }
            publisher.options.interval
        };
        self.spawn(|tasks| async move {
            loop {
                tasks.shared.publish();
                tokio::select! {
                    () = tokio::time::sleep(interval) => {}
                    // What is counted at the end is told when the server has stopped.
                    () = tasks.shared.over.cancelled() => return,
                }
            }
        });
    }

    /// A number for a connection, never used again.
    pub(crate) fn connection_number(&self) -> u64 {
        self.next_connection.fetch_add(1, Ordering::Relaxed)
    }

    /// Carries packets of a connection both ways until either end has had enough.
    fn spawn_connection<S>(
        &self,
        mut connection: Connection<S>,
        port: Arc<Port>,
        peer: impl FnOnce(u64) -> Peer,
        lease: Option<Arc<Lease>>,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let number = self.connection_number();
        let peer = peer(number);
        let shared = &self.shared;
        let ruled = Ruled::of(&peer, &shared.gate);
        let kicked = CancellationToken::new();
        let handled = mpsc::channel(1);
        // Reachable before anything of it can be run, and in its place before anybody is asked: who has said yes hears of
        // its end, too.
        let unhandled = handled.0.downgrade();
        let most = ruled.max_connections;
        let queue = shared.outbound.connect(number, &peer, &kicked, unhandled, most);
        let wanted = || ruled.lets_in(connection.peer()) && shared.wants(&peer);
        let Some(queue) = queue.filter(|_| wanted()) else {
            shared.outbound.disconnect(number);
            shared.counters.refused_connections.add(1);
            debug!(%peer, "connection refused");
            return;
        };
        shared.counters.connections.add(1);
        ruled.apply(&mut connection);
        // Made here, as the task may be cut before it begins.
        let forgotten = Forgotten { shared: Arc::clone(shared), number, peer: peer.clone(), lease };
        let endpoint = port.endpoint.as_ref().map(display);
        let span = info_span!("connection", %peer, number, endpoint);
        let carry = |tasks: Self| async move {
            info!(%peer, "connected");
            let shared = Arc::clone(&tasks.shared);
            let _forgotten = forgotten;
            let conversation = Conversation::new(connection, &shared, &port, &peer, queue, handled);
            let left = async {
                tokio::select! {
                    () = kicked.cancelled() => debug!(%peer, "kicked"),
                    () = port.closed() => debug!(%peer, "endpoint closed"),
                }
            };
            if !leave(conversation.run(&kicked), left).await {
                debug!(%peer, "cut short");
            }
        };
        self.spawn(|tasks| carry(tasks).instrument(span));
    }

    /// Serves the connections that come in by a door until there are no more, the endpoint is closed or the server stops.
    async fn accept<D: Door>(self, mut door: D, port: Arc<Port>, lease: Option<Arc<Lease>>) {
        while port.receives(&self.shared.stop).await {
            tokio::select! {
                accepted = door.accept() => {
                    // Those that were accepted go on.
                    let Some((connection, from)) = accepted else { return };
                    let endpoint = port.number;
                    let peer = |connection| D::peer(endpoint, connection, from);
                    self.spawn_connection(connection, Arc::clone(&port), peer, lease.clone());
                }
                () = port.stays_open() => {}
                () = self.shared.stop.asked() => return,
            }
        }
    }
}

/// Forgets a connection when dropped, however it ended.
struct Forgotten {
    shared: Arc<Shared>,
    number: u64,
    peer: Peer,
    /// Of the endpoint, if the program has brought it.
    lease: Option<Arc<Lease>>,
}

impl Drop for Forgotten {
    fn drop(&mut self) {
        self.shared.outbound.disconnect(self.number);
        info!(peer = %self.peer, "disconnected");
        drop(self.lease.take());
        self.shared.disconnected(&self.peer);
    }
}
