//! What sends by itself, and not by connections.

use std::sync::Arc;

use oscine_codec::Packet;
use oscine_transport::udp::UdpSender;
#[cfg(unix)]
use oscine_transport::unix;
use oscine_transport::{PeerAddr, SendError, Stats};
use tracing::debug;

use crate::client::client::Client;
use crate::peer::Peer;
use crate::server::endpoint::carrier::CarrierSender;

/// What sends datagrams, or whatever a client sends.
#[derive(Debug, Clone)]
pub(crate) enum DatagramSender {
    Udp(UdpSender),
    #[cfg(unix)]
    Unix(unix::Sender),
    /// Whatever the client is one of: all it sends goes to its peer, in order.
    Client(Arc<Client>),
    /// All that is for it waits for its task.
    Carrier(CarrierSender),
}

impl DatagramSender {
    /// What has gone through the socket.
    pub(crate) fn stats(&self) -> Stats {
        match self {
            Self::Udp(sender) => sender.stats(),
            #[cfg(unix)]
            Self::Unix(sender) => sender.stats(),
            Self::Client(client) => client.stats(),
            Self::Carrier(sender) => sender.counters.read(),
        }
    }

    /// Whether it sends to whatever address it is given, and not to one peer alone.
    pub(crate) const fn chooses(&self) -> bool {
        !matches!(self, Self::Client(_))
    }

    /// Who is at an address, as seen from this endpoint, if it can send there.
    pub(crate) fn peer(&self, endpoint: usize, addr: &PeerAddr) -> Option<Peer> {
        match (self, addr) {
            (Self::Udp(sender), PeerAddr::Ip(addr)) if sender.reaches(*addr) => {
                Some(Peer::Udp { endpoint, addr: *addr })
            }
            #[cfg(unix)]
            (Self::Unix(_), PeerAddr::Unix(path)) => {
                Some(Peer::UnixDatagram { endpoint, path: Some(path.as_path().into()) })
            }
            (Self::Carrier(sender), addr) if (sender.knows)(addr) => {
                Some(Peer::Datagram { endpoint, addr: addr.clone() })
            }
            _ => None,
        }
    }

    /// Sends now or not at all.
    pub(crate) fn try_send(&self, packet: &Packet, peer: &Peer) -> Result<(), SendError> {
        match (self, peer) {
            (Self::Udp(sender), Peer::Udp { addr, .. }) => sender.try_send_to(packet, *addr),
            #[cfg(unix)]
            (Self::Unix(sender), Peer::UnixDatagram { path: Some(path), .. }) => {
                sender.try_send_to(packet, path)
            }
            (Self::Client(client), peer) if is_of(client, peer) => {
                client.sender.shared.try_send(packet)
            }
            (Self::Carrier(sender), Peer::Datagram { addr, .. }) if (sender.knows)(addr) => {
                Err(SendError::Full)
            }
            _ => Err(nowhere()),
        }
    }

    /// Writes what a client's connection, or its queue, still holds, and ends that direction: whatever else sends hands each
    /// packet to the system whole.
    pub(crate) async fn finish(&self) {
        let Self::Client(client) = self else { return };
        if let Err(error) = client.sender.shared.finish().await {
            debug!(%error, "not closed cleanly");
        }
    }

    /// Sends when the system takes it.
    pub(crate) async fn send(&self, packet: &Packet, peer: &Peer) -> Result<(), SendError> {
        match (self, peer) {
            (Self::Udp(sender), Peer::Udp { addr, .. }) => sender.send_to(packet, *addr).await,
            #[cfg(unix)]
            (Self::Unix(sender), Peer::UnixDatagram { path: Some(path), .. }) => {
                sender.send_to(packet, path).await
            }
            (Self::Client(client), peer) if is_of(client, peer) => {
                client.sender.shared.send(packet).await
            }
            _ => Err(nowhere()),
        }
    }
}

/// Whether a client can send to this peer: it has one. A connection may have been made again, and is its peer's still.
fn is_of(client: &Client, peer: &Peer) -> bool {
    match peer {
        Peer::Udp { addr, .. } => client.peer().ip() == Some(*addr),
        Peer::UnixDatagram { path, .. } => client.peer().path() == path.as_deref(),
        _ => true,
    }
}

/// For peers without an address.
fn nowhere() -> SendError {
    SendError::Io(std::io::ErrorKind::AddrNotAvailable.into())
}
