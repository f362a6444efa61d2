//! Every task that a server spawns.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use futures::{SinkExt, StreamExt};
use oscine_codec::Packet;
use oscine_transport::tcp::{Connection, Listener};
use oscine_transport::udp::UdpSender;
use oscine_transport::{BadPacket, StreamError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use crate::peer::Peer;
use crate::server::alive::Alive;
use crate::server::counters::Counters;
use crate::server::outbound::Outbound;

/// How many packets from connections may wait to be run.
pub(crate) const INBOX: usize = 1024;

/// A packet that a connection has read.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) packet: Packet,
    pub(crate) peer: Peer,
    pub(crate) received_at: Instant,
    /// Dropped when the packet has been run: a peer that is done sending is kept until then, for its replies.
    pub(crate) unhandled: mpsc::Sender<Infallible>,
}

/// What the tasks of one server share.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    pub(crate) inbox: mpsc::Sender<Inbound>,
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) stop: CancellationToken,
    /// Ends connections that do not end by themselves.
    pub(crate) cut: CancellationToken,
    pub(crate) next_connection: Arc<AtomicU64>,
    /// Held by every task, longer than its socket.
    pub(crate) _alive: Arc<Alive>,
}

impl Tasks {
    /// Accepts connections until the server stops.
    pub(crate) fn spawn_listener(&self, listener: Listener) {
        let tasks = self.clone();
        tokio::spawn(async move {
            let (tasks, listener) = (tasks, listener);
            loop {
                let (connection, addr) = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = tasks.stop.cancelled() => return,
                };
                tasks.counters.connections.add(1);
                tasks.spawn_connection(connection, addr);
            }
        });
    }

    /// Sends what a UDP socket did not take at once.
    pub(crate) fn spawn_sender(
        &self,
        sender: UdpSender,
        mut queue: mpsc::Receiver<(Packet, SocketAddr)>,
    ) {
        let tasks = self.clone();
        tokio::spawn(async move {
            let (tasks, sender) = (tasks, sender);
            loop {
                let next = tokio::select! {
                    next = queue.recv() => next,
                    // What was handed over before the end still goes out.
                    () = tasks.stop.cancelled() => queue.try_recv().ok(),
                };
                let Some((packet, addr)) = next else { return };
                let sent = tokio::select! {
                    sent = sender.send_to(&packet, addr) => sent,
                    () = tasks.cut.cancelled() => return,
                };
                if let Err(error) = sent {
                    tasks.counters.send_failures.add(1);
                    debug!(%addr, %error, "packet not sent");
                }
            }
        });
    }

    fn spawn_connection(&self, connection: Connection, addr: SocketAddr) {
        let tasks = self.clone();
        let id = tasks.next_connection.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let peer = Peer::Tcp { endpoint: 0, connection: id, addr };
            info!(%peer, "connected");
            let queue = tasks.outbound.connect(id);
            tokio::select! {
                () = tasks.run_connection(connection, &peer, queue) => {}
                () = tasks.cut.cancelled() => debug!(%peer, "cut short"),
            }
            tasks.outbound.disconnect(id);
            info!(%peer, "disconnected");
        });
    }

    /// Carries packets both ways until either end has had enough.
    async fn run_connection(
        &self,
        connection: Connection,
        peer: &Peer,
        mut queue: mpsc::Receiver<Packet>,
    ) {
        let (mut sink, mut stream) = connection.split();
        let (unhandled, mut all_handled) = mpsc::channel::<Infallible>(1);
        let mut unhandled = Some(unhandled);
        loop {
            tokio::select! {
                received = stream.next(), if unhandled.is_some() => match received {
                    Some(Ok(Ok(packet))) => {
                        let Some(unhandled) = unhandled.clone() else { continue };
                        let received_at = Instant::now();
                        let peer = peer.clone();
                        let inbound = Inbound { packet, peer, received_at, unhandled };
                        // Waits when the server is behind: that slows this peer down, and no other.
                        tokio::select! {
                            sent = self.inbox.send(inbound) => if sent.is_err() { return },
                            () = self.stop.cancelled() => {}
                        }
                    }
                    Some(Ok(Err(bad))) => {
                        self.count_bad(match &bad {
                            BadPacket::Decode { bytes, .. } => bytes.len(),
                            // The bytes of a damaged frame are no packet's.
                            _ => 0,
                        });
                        debug!(%peer, error = %bad, "malformed packet");
                    }
                    Some(Err(error)) => {
                        debug!(%peer, %error, "connection broken");
                        match error {
                            StreamError::Io(_) => return,
                            StreamError::Frame(_) => self.count_bad(0),
                            // Silent, or too slow: that is no packet.
                            _ => {}
                        }
                        // Nothing more is read, but what was good before may still have replies.
                        unhandled = None;
                    }
                    // The peer has finished sending, but may still want its replies.
                    None => unhandled = None,
                },
                Some(packet) = queue.recv() => {
                    if let Err(error) = send_all(&mut sink, packet, &mut queue).await {
                        debug!(%peer, %error, "connection broken");
                        return;
                    }
                }
                _ = all_handled.recv(), if unhandled.is_none() => break,
                () = self.stop.cancelled() => break,
            }
        }
        // What was handed over before the end still goes out.
        if let Ok(packet) = queue.try_recv() {
            if let Err(error) = send_all(&mut sink, packet, &mut queue).await {
                debug!(%peer, %error, "replies lost");
            }
        }
        if let Err(error) = SinkExt::<Packet>::close(&mut sink).await {
            debug!(%peer, %error, "not closed cleanly");
        }
    }

    fn count_bad(&self, bytes: usize) {
        self.counters.received.add(1);
        self.counters.received_bytes.add(bytes);
        self.counters.bad.add(1);
    }
}

/// Sends a packet and all that wait behind it, in as few writes as may be.
async fn send_all<S: SinkExt<Packet> + Unpin>(
    sink: &mut S,
    first: Packet,
    queue: &mut mpsc::Receiver<Packet>,
) -> Result<(), S::Error> {
    sink.feed(first).await?;
    while let Ok(packet) = queue.try_recv() {
        sink.feed(packet).await?;
    }
    sink.flush().await
}
