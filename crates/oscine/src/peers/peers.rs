//! Which peers a rule is for.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use crate::peers::network::{Network, NetworkError};

/// Which peers a rule is for: a network, a host, or a host and port.
///
/// As text `10.0.0.0/8`, `10.0.0.7` or `10.0.0.7:9000`, and for IPv6 `fe80::/10`, `fe80::1` or `[fe80::1]:9000`. A
/// link-local IPv6 host may be named with the number of its interface, `fe80::1%2`; without, it is meant on all. IPv4
/// addresses in the form of IPv6 ones are IPv4 addresses.
///
/// # Examples
///
/// ```
/// use oscine::Peers;
///
/// let console: Peers = "10.0.0.7:9000".parse()?;
/// assert!(console.contains("10.0.0.7:9000".parse()?));
/// assert!(!console.contains("10.0.0.7:9001".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peers {
    pub(crate) network: Network,
    /// The interface of a link-local IPv6 host; 0 is any. Invariant: 0 unless `network` is a single IPv6 host.
    pub(crate) scope: u32,
    /// Invariant: none unless `network` is a single host.
    pub(crate) port: Option<u16>,
}

impl Peers {
    /// Whether a peer with this address is among them.
    #[must_use]
    pub fn contains(&self, peer: SocketAddr) -> bool {
        self.network.contains(peer.ip())
            && (self.scope == 0 || self.scope == scope(peer))
            && self.port.is_none_or(|port| port == peer.port())
    }
}

/// The number of the interface of a link-local IPv6 host; 0 for others.
pub(crate) fn scope(addr: SocketAddr) -> u32 {
    match addr {
        SocketAddr::V6(addr) if addr.ip().to_ipv4_mapped().is_none() => addr.scope_id(),
        _ => 0,
    }
}

impl FromStr for Peers {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let network = || text.parse::<Network>().map(Self::from).ok();
        let socket = || text.parse::<SocketAddr>().map(Self::from).ok();
        // A host with an interface is what stands in the brackets of a host and port.
        let with_scope = || {
            let addr = format!("[{text}]:0").parse::<SocketAddr>().map(Self::from).ok()?;
            Some(Self { port: None, ..addr })
        };
        network().or_else(socket).or_else(with_scope).ok_or_else(|| {
            NetworkError::new(text, "a network, a host, or a host and port, as 10.0.0.7:9000 is")
        })
    }
}

impl TryFrom<&str> for Peers {
    type Error = NetworkError;

    fn try_from(text: &str) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<Network> for Peers {
    fn from(network: Network) -> Self {
        Self { network, scope: 0, port: None }
    }
}

impl From<IpAddr> for Peers {
    fn from(host: IpAddr) -> Self {
        Network::from(host).into()
    }
}

impl From<SocketAddr> for Peers {
    fn from(addr: SocketAddr) -> Self {
        Self { network: addr.ip().into(), scope: scope(addr), port: Some(addr.port()) }
    }
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.network, self.scope, self.port) {
            (network, 0, None) => network.fmt(f),
            (network, 0, Some(port)) => SocketAddr::new(network.ip(), port).fmt(f),
            (network, scope, None) => write!(f, "{network}%{scope}"),
            (network, scope, Some(port)) => write!(f, "[{network}%{scope}]:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_both_ways() {
        for (text, printed) in [
            ("10.1.0.0/8", "10.0.0.0/8"),
            ("10.0.0.7", "10.0.0.7"),
            ("10.0.0.7:9000", "10.0.0.7:9000"),
            ("fe80::/10", "fe80::/10"),
            ("fe80::1", "fe80::1"),
            ("fe80::1%2", "fe80::1%2"),
            ("[fe80::1]:9000", "[fe80::1]:9000"),
            ("[fe80::1%2]:9000", "[fe80::1%2]:9000"),
            ("[::ffff:10.0.0.7]:9000", "10.0.0.7:9000"),
        ] {
            let peers: Peers = text.parse().unwrap();
            assert_eq!(peers.to_string(), printed, "{text}");
            assert_eq!(printed.parse(), Ok(peers));
        }
        for text in
            ["", "10.0.0.0/8:9000", "fe80::%2/10", "stage:9000", "10.0.0.7:99999", "1.2.3.4%2"]
        {
            assert_eq!(text.parse::<Peers>().unwrap_err().text(), text);
        }
    }

    #[test]
    fn who_is_among_them() {
        for (peers, addr, among) in [
            ("10.0.0.0/8", "10.9.9.9:1", true),
            ("10.0.0.0/8", "[::ffff:10.9.9.9]:1", true),
            ("10.0.0.0/8", "11.9.9.9:1", false),
            ("10.0.0.7", "10.0.0.7:1", true),
            ("10.0.0.7:1", "10.0.0.7:1", true),
            ("10.0.0.7:1", "10.0.0.7:2", false),
            ("fe80::1", "[fe80::1%2]:1", true),
            ("fe80::1%2", "[fe80::1%2]:1", true),
            ("fe80::1%2", "[fe80::1%3]:1", false),
            ("[fe80::1]:1", "[fe80::1%3]:1", true),
            ("[fe80::1%2]:1", "[fe80::1%3]:1", false),
        ] {
            let (peers, addr): (Peers, SocketAddr) =
                (peers.parse().unwrap(), addr.parse().unwrap());
            assert_eq!(peers.contains(addr), among, "{addr} in {peers}");
        }
    }
}
