//! Datagrams of a unix socket.

use std::sync::Arc;

use oscine_transport::PeerAddr;
use oscine_transport::unix::{Datagrams, ReceivedBytes};

use crate::peer::Peer;
use crate::server::inbound::{Delivered, Inbound, Read};
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
        let (what, port, stop) = (Read::Datagram(bytes), Arc::clone(&port), shared.stop.clone());
        let (at, begun, unhandled) = (at.into_std(), 0, None);
        let delivered = Delivered { what, peer, port, at, begun, stop, unhandled };
        // Waits when the server is behind: then the system's queue fills up, and slows the peers down.
        let sent = tokio::select! {
            sent = shared.inbox.send(Inbound::Delivered(delivered)) => sent,
            () = shared.stop.asked() => return,
        };
        if sent.is_err() {
            return;
        }
    }
}
