//! Datagrams of a unix socket.

use std::sync::Arc;

use futures::StreamExt;
use oscine_transport::PeerAddr;
use oscine_transport::unix::{Datagrams, Received};

use crate::peer::Peer;
use crate::server::inbound::Inbound;
use crate::server::port::Port;
use crate::server::shared::Shared;

/// Hands over what a socket receives until the server stops or the endpoint is closed.
pub(crate) async fn receive(shared: Arc<Shared>, mut datagrams: Datagrams, port: Arc<Port>) {
    while port.is_open().await {
        let received = tokio::select! {
            received = datagrams.next() => received,
            () = port.stays_open() => continue,
            () = shared.stop.asked() => return,
        };
        let Some(Received { packet, peer, at, .. }) = received else { return };
        let path = match peer {
            PeerAddr::Unix(path) => Some(path.into()),
            _ => None,
        };
        let peer = Peer::UnixDatagram { endpoint: port.number, path };
        match packet {
            Ok(packet) => {
                let received_at = at.into_std();
                let inbound = Inbound::Packet { packet, peer, received_at, done: None };
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
