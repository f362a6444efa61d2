//! Addresses of unix sockets.

use tokio::net::unix::SocketAddr;

use crate::peer_addr::PeerAddr;

/// A peer by its path; abstract names, which Linux has besides, are not told.
pub(super) fn peer(addr: &SocketAddr) -> PeerAddr {
    match addr.as_pathname() {
        Some(path) => PeerAddr::Unix(path.to_owned()),
        None => PeerAddr::Unnamed,
    }
}
