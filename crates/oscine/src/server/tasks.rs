//! Every task that a server spawns.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use oscine_transport::connection::Connection;
use oscine_transport::tcp::Listener;
#[cfg(unix)]
use oscine_transport::unix;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::field::display;
use tracing::{Instrument, debug, info, info_span};

use crate::peer::Peer;
use crate::server::alive::Alive;
use crate::server::backlog;
use crate::server::connection::Conversation;
use crate::server::opening::Socket;
use crate::server::outbound::{DatagramSender, Waiting};
use crate::server::port::Port;
use crate::server::shared::Shared;
#[cfg(unix)]
use crate::server::unix_datagrams;
use crate::server::unsent::Unsent;

/// What the tasks of one server share.
#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) shared: Arc<Shared>,
    pub(crate) next_connection: Arc<AtomicU64>,
    /// Held by every task, longer than its socket.
    pub(crate) _alive: Arc<Alive>,
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

    /// Serves an endpoint that the loop does not read by itself.
    pub(crate) fn spawn_endpoint(&self, socket: Socket, port: Arc<Port>) {
        match socket {
            // The loop reads them by itself.
            Socket::Udp(_) => {}
            Socket::Stream(connection) => {
                let endpoint = port.number;
                let peer = |connection| Peer::Stream { endpoint, connection };
                self.spawn_connection(*connection, port, peer);
            }
            Socket::Tcp(listener) => self.spawn(|tasks| tasks.accept_tcp(listener, port)),
            #[cfg(unix)]
            Socket::Unix(listener) => self.spawn(|tasks| tasks.accept_unix(listener, port)),
            #[cfg(unix)]
            Socket::UnixDatagrams(datagrams) => {
                self.spawn(|tasks| unix_datagrams::receive(tasks.shared, *datagrams, port));
            }
        }
    }

    /// Sends what a socket of datagrams did not take at once.
    pub(crate) fn spawn_sender(&self, sender: DatagramSender, queue: Unsent<Waiting>) {
        self.spawn(|tasks| backlog::send(tasks.shared, sender, queue));
    }

    /// Tells the recorder of crate `metrics` what is counted, until the server is over.
    #[cfg(feature = "metrics")]
    pub(crate) fn spawn_publisher(&self) {
        self.spawn(|tasks| async move {
            let interval = {
                let publisher = tasks.shared.publisher.lock();
                publisher.unwrap_or_else(std::sync::PoisonError::into_inner).options.interval
            };
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

    /// Carries packets of a connection both ways until either end has had enough.
    pub(crate) fn spawn_connection<S>(
        &self,
        connection: Connection<S>,
        port: Arc<Port>,
        peer: impl FnOnce(u64) -> Peer,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let number = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let peer = peer(number);
        let shared = &self.shared;
        if !shared.wants(&peer) {
            shared.counters.refused_connections.add(1);
            debug!(%peer, "connection refused");
            return;
        }
        shared.counters.connections.add(1);
        // Reachable before anything of it can be run.
        let kicked = CancellationToken::new();
        let handled = mpsc::channel(1);
        let queue = shared.outbound.connect(number, &peer, &kicked, handled.0.downgrade());
        // Made here, as the task may be cut before it begins.
        let forgotten = Forgotten { shared: Arc::clone(shared), number, peer: peer.clone() };
        let endpoint = port.endpoint.as_ref().map(display);
        let span = info_span!("connection", %peer, number, endpoint);
        let carry = |tasks: Self| async move {
            info!(%peer, "connected");
            let shared = Arc::clone(&tasks.shared);
            let _forgotten = forgotten;
            let conversation = Conversation::new(connection, &shared, &port, &peer, queue, handled);
            tokio::select! {
                () = conversation.run() => {}
                () = kicked.cancelled() => debug!(%peer, "kicked"),
                () = port.closed() => debug!(%peer, "endpoint closed"),
            }
        };
        self.spawn(|tasks| carry(tasks).instrument(span));
    }

    async fn accept_tcp(self, listener: Listener, port: Arc<Port>) {
        while port.is_open().await {
            tokio::select! {
                (connection, addr) = listener.accept() => {
                    let endpoint = port.number;
                    let peer = |connection| Peer::Tcp { endpoint, connection, addr };
                    self.spawn_connection(connection, Arc::clone(&port), peer);
                }
                () = port.stays_open() => {}
                () = self.shared.stop.asked() => return,
            }
        }
    }

    #[cfg(unix)]
    async fn accept_unix(self, listener: unix::Listener, port: Arc<Port>) {
        while port.is_open().await {
            tokio::select! {
                (connection, _) = listener.accept() => {
                    let endpoint = port.number;
                    let peer = |connection| Peer::Unix { endpoint, connection };
                    self.spawn_connection(connection, Arc::clone(&port), peer);
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
}

impl Drop for Forgotten {
    fn drop(&mut self) {
        self.shared.outbound.disconnect(self.number);
        info!(peer = %self.peer, "disconnected");
        if let Peer::Stream { endpoint, .. } = self.peer {
            self.shared.forget_port(endpoint);
        }
        self.shared.disconnected(&self.peer);
    }
}
