//! By what a peer is known.

use core::fmt;
use std::net::{IpAddr, SocketAddr};

/// By what a peer is known: its host alone, or its host and port. A key for limits and rules.
///
/// Programs send from a new port each time they start, so most rules are about hosts; but several
/// programs on one host are apart only by their ports. Keys of the two kinds are never equal.
///
/// An IPv4 host is the same however it arrives, also as `::ffff:10.0.0.1` on a dual-stack socket.
/// A link-local IPv6 host is known together with its interface.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
///
/// use oscine_transport::PeerKey;
///
/// let (one, other) = ("10.0.0.1:9000".parse()?, "[::ffff:10.0.0.1]:9001".parse()?);
/// assert_eq!(PeerKey::host(one), PeerKey::host(other));
/// assert_ne!(PeerKey::socket(one), PeerKey::socket(other));
///
/// let mut packets = HashMap::new();
/// *packets.entry(PeerKey::host(one)).or_insert(0) += 1;
/// assert_eq!(PeerKey::host(one).to_string(), "10.0.0.1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerKey {
    // Invariant: never an IPv4 address in the form of an IPv6 one; `new` sees to that.
    ip: IpAddr,
    /// The number of the interface, where the address is link-local; otherwise 0.
    scope: u32,
    port: Option<u16>,
}

impl PeerKey {
    /// The key of a host: the same for all its ports.
    #[must_use]
    pub fn host(peer: SocketAddr) -> Self {
        Self::new(peer, None)
    }

    /// The key of a host and a port.
    #[must_use]
    pub fn socket(peer: SocketAddr) -> Self {
        Self::new(peer, Some(peer.port()))
    }

    /// The address of the host.
    #[must_use]
    pub const fn ip(&self) -> IpAddr {
        self.ip
    }

    /// The port, unless the key is that of a host.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether a packet from `peer` is meant.
    #[must_use]
    pub fn matches(&self, peer: SocketAddr) -> bool {
        *self == Self::new(peer, self.port.map(|_| peer.port()))
    }

    fn new(peer: SocketAddr, port: Option<u16>) -> Self {
        let scope = match peer {
            SocketAddr::V6(peer) => peer.scope_id(),
            SocketAddr::V4(_) => 0,
        };
        Self { ip: peer.ip().to_canonical(), scope, port }
    }
}

impl fmt::Display for PeerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ip, self.scope, self.port) {
            (ip, 0, None) => ip.fmt(f),
            (ip, 0, Some(port)) => SocketAddr::new(ip, port).fmt(f),
            (ip, scope, None) => write!(f, "{ip}%{scope}"),
            (ip, scope, Some(port)) => write!(f, "[{ip}%{scope}]:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_sockets() {
        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (one, other, host, socket) in [
            ("10.0.0.1:1", "10.0.0.1:1", true, true),
            ("10.0.0.1:1", "10.0.0.1:2", true, false),
            ("10.0.0.1:1", "10.0.0.2:1", false, false),
            ("10.0.0.1:1", "[::ffff:10.0.0.1]:1", true, true),
            ("[fe80::1%2]:1", "[fe80::1%2]:1", true, true),
            ("[fe80::1%2]:1", "[fe80::1%3]:1", false, false),
            ("[::1]:1", "127.0.0.1:1", false, false),
        ] {
            let (one, other) = (addr(one), addr(other));
            assert_eq!(PeerKey::host(one) == PeerKey::host(other), host, "{one} {other}");
            assert_eq!(PeerKey::socket(one) == PeerKey::socket(other), socket, "{one} {other}");
            assert_eq!(PeerKey::host(one).matches(other), host);
            assert_eq!(PeerKey::socket(one).matches(other), socket);
            assert_ne!(PeerKey::host(one), PeerKey::socket(one));
        }
    }

    #[test]
    fn text() {
        let addr = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (peer, host) in [
            ("10.0.0.1:9", "10.0.0.1"),
            ("[2001:db8::1]:9", "2001:db8::1"),
            ("[fe80::1%2]:9", "fe80::1%2"),
        ] {
            assert_eq!(PeerKey::host(addr(peer)).to_string(), host);
            assert_eq!(PeerKey::socket(addr(peer)).to_string(), peer);
        }
    }
}
