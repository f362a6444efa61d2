//! Who is at the other end.

use core::fmt;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Who is at the other end of a socket, whatever kind of socket it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PeerAddr {
    /// A host and a port; over IPv6 with scope and flow.
    Ip(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
    /// A name that the program has given: a node of a radio network, a session of its own.
    Name(Arc<str>),
    /// A unix socket without a path, or a stream that has no addresses. It cannot be sent to by its
    /// address, but where there is one peer alone.
    Unnamed,
}

impl PeerAddr {
    /// The host and port, unless it is something else.
    #[must_use]
    pub fn ip(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip(addr) => Some(*addr),
            Self::Unix(_) | Self::Name(_) | Self::Unnamed => None,
        }
    }

    /// The path, unless it is something else.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Ip(_) | Self::Name(_) | Self::Unnamed => None,
        }
    }

    /// The name that the program has given, unless it is something else.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Ip(_) | Self::Unix(_) | Self::Unnamed => None,
        }
    }
}

impl From<SocketAddr> for PeerAddr {
    fn from(addr: SocketAddr) -> Self {
        Self::Ip(addr)
    }
}

impl From<PathBuf> for PeerAddr {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl From<&Path> for PeerAddr {
    fn from(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }
}

/// A name, also where the text looks like an address.
impl From<Arc<str>> for PeerAddr {
    fn from(name: Arc<str>) -> Self {
        Self::Name(name)
    }
}

/// A name, also where the text looks like an address.
impl From<&str> for PeerAddr {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

/// A name, also where the text looks like an address.
impl From<String> for PeerAddr {
    fn from(name: String) -> Self {
        Self::Name(name.into())
    }
}

/// Nobody by name: for lines with one peer at the other end.
impl From<()> for PeerAddr {
    fn from((): ()) -> Self {
        Self::Unnamed
    }
}

/// The host and port; fails with what else it is.
impl TryFrom<PeerAddr> for SocketAddr {
    type Error = PeerAddr;

    fn try_from(addr: PeerAddr) -> Result<Self, PeerAddr> {
        addr.ip().ok_or(addr)
    }
}

/// The path; fails with what else it is.
impl TryFrom<PeerAddr> for PathBuf {
    type Error = PeerAddr;

    fn try_from(addr: PeerAddr) -> Result<Self, PeerAddr> {
        match addr {
            PeerAddr::Unix(path) => Ok(path),
            other => Err(other),
        }
    }
}

/// The name; fails with what else it is.
impl TryFrom<PeerAddr> for Arc<str> {
    type Error = PeerAddr;

    fn try_from(addr: PeerAddr) -> Result<Self, PeerAddr> {
        match addr {
            PeerAddr::Name(name) => Ok(name),
            other => Err(other),
        }
    }
}

/// The name; fails with what else it is.
impl TryFrom<PeerAddr> for String {
    type Error = PeerAddr;

    fn try_from(addr: PeerAddr) -> Result<Self, PeerAddr> {
        Arc::<str>::try_from(addr).map(|name| name.as_ref().into())
    }
}

/// Nobody by name; fails with what else it is.
impl TryFrom<PeerAddr> for () {
    type Error = PeerAddr;

    fn try_from(addr: PeerAddr) -> Result<Self, PeerAddr> {
        match addr {
            PeerAddr::Unnamed => Ok(()),
            other => Err(other),
        }
    }
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(addr) => addr.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `addr` comes back from an `A`, and others are given back as they are.
    fn check<A>(given: A, others: [PeerAddr; 3])
    where
        A: Into<PeerAddr> + TryFrom<PeerAddr, Error = PeerAddr> + Clone + PartialEq + fmt::Debug,
    {
        let addr: PeerAddr = given.clone().into();
        assert_eq!(A::try_from(addr), Ok(given));
        for other in others {
            assert_eq!(A::try_from(other.clone()), Err(other));
        }
    }

    #[test]
    fn each_kind_of_address_comes_back_and_no_other() {
        let ip = SocketAddr::from(([10, 0, 0, 1], 9000));
        let [a, b, c, d] =
            [PeerAddr::Ip(ip), PathBuf::from("/p").into(), "10.0.0.1:9000".into(), ().into()];
        let text = [a, b, c, d].map(|addr| addr.to_string());
        assert_eq!(text, ["10.0.0.1:9000", "/p", "10.0.0.1:9000", "unnamed"]);
        let [a, b, c, d] =
            [PeerAddr::Ip(ip), PathBuf::from("/p").into(), "name".into(), PeerAddr::Unnamed];
        check(ip, [b.clone(), c.clone(), d.clone()]);
        check(PathBuf::from("/p"), [a.clone(), c.clone(), d.clone()]);
        check(Arc::<str>::from("name"), [a.clone(), b.clone(), d.clone()]);
        check(String::from("name"), [a.clone(), b.clone(), d]);
        check((), [a, b, c]);
    }
}
