//! Packets on their way to peers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use oscine_codec::Packet;
use oscine_transport::SendError as TransportError;
use oscine_transport::udp::UdpSender;
use tokio::sync::mpsc;

use crate::handler::outlet::{Outlet, SendError};
use crate::peer::Peer;
use crate::server::counters::Counters;

/// How many packets may wait for one peer's connection, and for one UDP socket whose buffer is full.
pub(crate) const QUEUE: usize = 1024;

/// The ways to all peers.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// Empty once the server has stopped: a handle that is kept must not keep ports bound.
    sockets: ArcSwap<Vec<UdpOut>>,
    connections: Mutex<HashMap<u64, mpsc::Sender<Packet>>>,
    counters: Arc<Counters>,
}

/// The way out of one UDP socket.
#[derive(Debug)]
pub(crate) struct UdpOut {
    pub(crate) sender: UdpSender,
    /// Takes what the system does not take at once. Its other end is a task's.
    pub(crate) queue: mpsc::Sender<(Packet, SocketAddr)>,
}

impl Outbound {
    pub(crate) fn new(sockets: Vec<UdpOut>, counters: Arc<Counters>) -> Self {
        Self { sockets: ArcSwap::from_pointee(sockets), connections: Mutex::default(), counters }
    }

    /// Makes a connection reachable; what is sent to it comes out of what is returned.
    pub(crate) fn connect(&self, connection: u64) -> mpsc::Receiver<Packet> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        self.connections().insert(connection, sender);
        receiver
    }

    /// Forgets a connection.
    pub(crate) fn disconnect(&self, connection: u64) {
        self.connections().remove(&connection);
    }

    /// Lets go of all sockets and connections.
    pub(crate) fn close(&self) {
        self.sockets.store(Arc::default());
        self.connections().clear();
    }

    fn connections(&self) -> MutexGuard<'_, HashMap<u64, mpsc::Sender<Packet>>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        match peer {
            Peer::Udp { endpoint, addr } => match self.sockets.load().get(*endpoint) {
                Some(out) => out.hand_over(peer, *addr, packet),
                None => Err(SendError::Gone { peer: peer.clone() }),
            },
            Peer::Tcp { connection, .. } => match self.connections().get(connection) {
                Some(queue) => queue.try_send(packet).map_err(|error| refusal(&error, peer)),
                None => Err(SendError::Gone { peer: peer.clone() }),
            },
            _ => Err(SendError::Gone { peer: peer.clone() }),
        }
    }
}

impl Outlet for Outbound {
    fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        let result = self.hand_over(peer, packet);
        match result {
            Ok(()) => self.counters.sent.add(1),
            Err(_) => self.counters.send_failures.add(1),
        }
        result
    }
}

impl UdpOut {
    fn hand_over(&self, peer: &Peer, addr: SocketAddr, packet: Packet) -> Result<(), SendError> {
        // What waits already goes first.
        if self.queue.capacity() == self.queue.max_capacity() {
            match self.sender.try_send_to(&packet, addr) {
                Err(TransportError::Full) => {}
                Ok(()) => return Ok(()),
                Err(TransportError::Io(error)) => {
                    return Err(SendError::System { peer: peer.clone(), reason: error.kind() });
                }
                Err(_) => {
                    let reason = std::io::ErrorKind::InvalidInput;
                    return Err(SendError::System { peer: peer.clone(), reason });
                }
            }
        }
        self.queue.try_send((packet, addr)).map_err(|error| refusal(&error, peer))
    }
}

fn refusal<T>(error: &mpsc::error::TrySendError<T>, peer: &Peer) -> SendError {
    match error {
        mpsc::error::TrySendError::Full(_) => {
            SendError::QueueFull { peer: peer.clone(), queued: QUEUE }
        }
        mpsc::error::TrySendError::Closed(_) => SendError::Gone { peer: peer.clone() },
    }
}
