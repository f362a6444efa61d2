//! Who is at the other end.

use core::fmt;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Who is at the other end of a socket, whatever kind of socket it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAddr {
    /// A host and a port; over IPv6 with scope and flow.
    Ip(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
    /// A unix socket without a path, or a stream that has no addresses. It cannot be sent to by its
    /// address.
    Unnamed,
}

impl PeerAddr {
    /// The host and port, unless it is something else.
    #[must_use]
    pub fn ip(&self) -> Option<SocketAddr> {
        match self {
            Self::Ip(addr) => Some(*addr),
            Self::Unix(_) | Self::Unnamed => None,
        }
    }

    /// The path, unless it is something else.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            Self::Ip(_) | Self::Unnamed => None,
        }
    }
}

impl From<SocketAddr> for PeerAddr {
    fn from(addr: SocketAddr) -> Self {
        Self::Ip(addr)
    }
}

impl fmt::Display for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(addr) => addr.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}
