//! A client as a server sees it.

use crate::client::client::Client;
use crate::client::way::Way;
use crate::peer::Peer;

impl Client {
    /// Its peer as that of an endpoint, and of a connection where it has one.
    pub(crate) fn as_peer(&self, endpoint: usize, connection: u64) -> Peer {
        let peer = self.peer();
        let path = || peer.path().map(Into::into);
        match (self.sender.shared.way().as_deref(), peer.ip()) {
            (Ok(Way::Udp { .. }), Some(addr)) => Peer::Udp { endpoint, addr },
            #[cfg(unix)]
            (Ok(Way::Datagrams(_)), _) => Peer::UnixDatagram { endpoint, path: path() },
            (_, Some(addr)) => Peer::Tcp { endpoint, connection, addr },
            (_, None) if path().is_some() => Peer::Unix { endpoint, connection },
            (_, None) => Peer::Stream { endpoint, connection },
        }
    }
}
