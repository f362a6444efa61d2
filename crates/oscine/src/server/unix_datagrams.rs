//! Datagrams of a unix socket.

use std::sync::Arc;

use oscine_transport::PeerAddr;
use oscine_transport::unix::{Datagrams, ReceivedBytes};

use crate::peer::Peer;
use crate::server::inbound::Inbound;
use crate::server::port::Port;
use crate::server::shared::Shared;

/// Hands over what a socket receives until the server stops or the endpoint is closed.
pub(crate) async fn receive(shared: Arc<Shared>, mut datagrams: Datagrams, port: Arc<Port>) {
    while port.receives(&shared.stop).await {
        let received = tokio::select! {
            received = datagrams.recv_bytes() => received,
            () = port.stays_open() => continue,
            () = shared.stop.asked() => return,
        };
        let ReceivedBytes { bytes, peer, at, .. } = received;
        let path = match peer {
            PeerAddr::Unix(path) => Some(path.into()),
            _ => None,
        };
        let peer = Peer::UnixDatagram { endpoint: port.number, path };
        match bytes {
            Ok(bytes) => {
                let (received_at, port) = (at.into_std(), Arc::clone(&port));
                let inbound = Inbound::Datagram { bytes, peer, port, received_at };
                // Waits when the server is behind: then the system's queue fills up, and slows the peers down.
                let sent = tokio::select! {
                    sent = shared.inbox.send(inbound) => sent,
                    () = shared.stop.asked() => return,
                };
                if sent.is_err() {
                    return;
                }
            }
            Err(error) => shared.malformed(&peer, &error),
        }
    }
}
