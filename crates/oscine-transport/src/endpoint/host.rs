//! The host of an endpoint.

use core::{fmt, str::FromStr};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::endpoint::error::ParseEndpointError;

/// The host of an endpoint: an address, a name that is still to be resolved, or any.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Host {
    /// `*`: the unspecified IPv4 address, which binds to all interfaces.
    Any,
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address in brackets, with its scope: `[::1]`, `[fe80::1%2]`.
    V6 {
        /// The address.
        address: Ipv6Addr,
        /// The number of the interface that a link-local address belongs to, or 0.
        scope: u32,
    },
    /// A name.
    Name(String),
}

impl Host {
    /// The address and this port, unless the host is a name.
    #[must_use]
    pub fn socket_addr(&self, port: u16) -> Option<SocketAddr> {
        match *self {
            Self::Any => Some((Ipv4Addr::UNSPECIFIED, port).into()),
            Self::V4(address) => Some((address, port).into()),
            Self::V6 { address, scope } => Some(SocketAddrV6::new(address, port, 0, scope).into()),
            Self::Name(_) => None,
        }
    }
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6 { address, scope: 0 },
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::V4(address) => write!(f, "{address}"),
            Self::V6 { address, scope: 0 } => write!(f, "[{address}]"),
            Self::V6 { address, scope } => write!(f, "[{address}%{scope}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl FromStr for Host {
    type Err = ParseEndpointError;

    fn from_str(host: &str) -> Result<Self, Self::Err> {
        if host == "*" {
            return Ok(Self::Any);
        }
        if let Ok(address) = host.parse() {
            return Ok(Self::V4(address));
        }
        // The address of a socket is the one form in which the standard library reads a scope.
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if let Some(Ok(v6)) = bracketed.then(|| format!("{host}:0").parse::<SocketAddrV6>()) {
            return Ok(Self::V6 { address: *v6.ip(), scope: v6.scope_id() });
        }
        // A number alone would be taken for an IPv4 address by the system, and is a port without a host.
        let number = host.bytes().all(|byte| byte.is_ascii_digit());
        if !number && host.chars().all(|c| c.is_alphanumeric() || "-._".contains(c)) {
            return Ok(Self::Name(host.into()));
        }
        Err(ParseEndpointError::Host { host: host.into() })
    }
}
