//! A range of IP addresses.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use thiserror::Error;

/// A network of IP hosts, such as `10.0.0.0/8` or `fe80::/10`, or a single host.
///
/// IPv4 addresses in the form of IPv6 ones (`::ffff:10.0.0.1`) are IPv4 addresses, in networks and in what is compared
/// with them. What an address has beyond the length of the network does not count: `10.1.2.3/8` is `10.0.0.0/8`.
///
/// # Examples
///
/// ```
/// use oscine::Network;
///
/// let stage: Network = "10.1.2.3/8".parse()?;
/// assert_eq!(stage.to_string(), "10.0.0.0/8");
/// assert!(stage.contains("10.200.0.1".parse()?));
/// assert!(stage.contains("::ffff:10.200.0.1".parse()?));
/// assert!(!stage.contains("11.0.0.1".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Invariant: truncated, and never a network of IPv4 addresses in the form of IPv6 ones; `new` sees to both.
pub struct Network(IpNet);

impl Network {
    /// Whether the network holds this address.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        self.0.contains(&ip.to_canonical())
    }

    /// The first address of the network; that of the host, if it is a single one.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0.addr()
    }

    /// How many bits of an address are those of the network: up to 32 for IPv4, up to 128 for IPv6.
    #[must_use]
    pub fn prefix_len(self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether it is a single host.
    #[must_use]
    pub fn is_host(self) -> bool {
        self.0.prefix_len() == self.0.max_prefix_len()
    }

    /// The network of this length that holds `ip`; none if there are none so long.
    pub(crate) fn around(ip: IpAddr, prefix_len: u8) -> Option<Self> {
        IpNet::new(ip.to_canonical(), prefix_len).ok().map(Self::new)
    }

    /// Whether all of `other` is in it.
    pub(crate) fn holds(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }

    fn new(net: IpNet) -> Self {
        let mapped = match net {
            IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96)),
            IpNet::V4(_) => None,
        };
        // Of 128 bits at most, 96 are taken away: always a length that IPv4 has.
        let net = mapped.and_then(|(ip, len)| IpNet::new(ip.into(), len).ok()).unwrap_or(net);
        Self(net.trunc())
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_host() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let net = text.parse().or_else(|_| text.parse().map(IpAddr::into));
        net.map(Self::new).map_err(|_| NetworkError::new(text, "an IP network, as 10.0.0.0/8 is"))
    }
}

impl TryFrom<&str> for Network {
    type Error = NetworkError;

    fn try_from(text: &str) -> Result<Self, NetworkError> {
        text.parse()
    }
}

impl From<IpAddr> for Network {
    fn from(host: IpAddr) -> Self {
        Self::new(host.into())
    }
}

/// A text that names no network, or no peers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not {expected}")]
pub struct NetworkError {
    text: String,
    expected: &'static str,
}

impl NetworkError {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.to_owned(), expected }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl From<Infallible> for NetworkError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_both_ways() {
        for (text, printed) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("10.9.8.7/8", "10.0.0.0/8"),
            ("127.0.0.1", "127.0.0.1"),
            ("127.0.0.1/32", "127.0.0.1"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("fe80::/10", "fe80::/10"),
            ("fe80::1", "fe80::1"),
            ("::/0", "::/0"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.0.0.1", "10.0.0.1"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
        ] {
            let network: Network = text.parse().unwrap();
            assert_eq!(network.to_string(), printed, "{text}");
            assert_eq!(printed.parse(), Ok(network));
        }
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "stage", "10.0.0.1:9000", "/8", "*"] {
            let error = text.parse::<Network>().unwrap_err();
            assert_eq!(error.text(), text);
            assert!(error.to_string().ends_with("is not an IP network, as 10.0.0.0/8 is"));
        }
    }

    #[test]
    fn addresses_of_the_other_family_are_never_in_it() {
        let all = |text: &str| text.parse::<Network>().unwrap();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(all("::/0").contains(ip("fe80::1")) && !all("::/0").contains(ip("1.2.3.4")));
        assert!(!all("::/0").contains(ip("::ffff:1.2.3.4")));
        assert!(all("0.0.0.0/0").contains(ip("::ffff:1.2.3.4")));
        assert!(!all("0.0.0.0/0").contains(ip("::1")));
    }
}
