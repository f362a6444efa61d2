//! Whom a server sends to.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::Path;

use oscine_transport::PeerAddr;

use crate::peer::Peer;

/// Whom a server sends to: a [`Peer`], by the way that it has written by, or an address alone.
///
/// An address goes out through the first endpoint that can send there by itself: over UDP, by a unix socket for
/// datagrams, or by [datagrams of the program's own](crate::ServerBuilder::datagrams). They are asked in the order of their
/// numbers, from the [default endpoint](crate::ServerBuilder::default_endpoint) on, and round; those that are closed are
/// not. A connection is never taken for it: whoever is connected is a [`Peer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target<'a> {
    /// A peer.
    Peer(Cow<'a, Peer>),
    /// An address.
    Addr(PeerAddr),
}

impl<'a> From<&'a Peer> for Target<'a> {
    fn from(peer: &'a Peer) -> Self {
        Self::Peer(Cow::Borrowed(peer))
    }
}

impl From<Peer> for Target<'_> {
    fn from(peer: Peer) -> Self {
        Self::Peer(Cow::Owned(peer))
    }
}

impl From<SocketAddr> for Target<'_> {
    fn from(addr: SocketAddr) -> Self {
        Self::Addr(addr.into())
    }
}

/// The path of a unix socket.
impl From<&Path> for Target<'_> {
    fn from(path: &Path) -> Self {
        Self::Addr(path.into())
    }
}

impl From<PeerAddr> for Target<'_> {
    fn from(addr: PeerAddr) -> Self {
        Self::Addr(addr)
    }
}

impl From<&PeerAddr> for Target<'_> {
    fn from(addr: &PeerAddr) -> Self {
        Self::Addr(addr.clone())
    }
}
