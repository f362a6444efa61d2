//! Who sent a packet.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use oscine_transport::PeerKey;

/// Who sent a packet, and the way back.
///
/// `endpoint` is the number of the server's endpoint that received it: its place in
/// [`Server::endpoints`](crate::Server::endpoints). `connection` is the number of a connection, never used again within
/// one server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Peer {
    /// A sender of datagrams.
    Udp {
        /// Which endpoint received it.
        endpoint: usize,
        /// The sender's address.
        addr: SocketAddr,
    },
    /// The other end of a TCP connection.
    Tcp {
        /// Which endpoint accepted it.
        endpoint: usize,
        /// Which connection.
        connection: u64,
        /// The other end's address.
        addr: SocketAddr,
    },
    /// A sender of unix datagrams.
    UnixDatagram {
        /// Which endpoint received it.
        endpoint: usize,
        /// The sender's path; one without a path cannot be answered.
        path: Option<Arc<Path>>,
    },
    /// The other end of a unix stream.
    Unix {
        /// Which endpoint accepted it.
        endpoint: usize,
        /// Which connection.
        connection: u64,
    },
    /// The other end of a stream that the program has brought itself.
    Stream {
        /// Which endpoint stands for it.
        endpoint: usize,
        /// Which connection.
        connection: u64,
    },
    /// The program itself.
    Local,
}

impl Peer {
    /// The peer's socket address, if it has one.
    #[must_use]
    pub const fn addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Udp { addr, .. } | Self::Tcp { addr, .. } => Some(*addr),
            _ => None,
        }
    }

    /// The peer's host, whatever its port or connection: by what rates, places and shares are counted. None for peers
    /// without an IP address.
    #[must_use]
    pub fn host(&self) -> Option<PeerKey> {
        self.addr().map(PeerKey::host)
    }

    /// The peer's path, if it has one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::UnixDatagram { path, .. } => path.as_deref(),
            _ => None,
        }
    }

    /// The number of the server's endpoint that the peer has written to; none for the program itself.
    #[must_use]
    pub const fn endpoint(&self) -> Option<usize> {
        match self {
            Self::Udp { endpoint, .. }
            | Self::Tcp { endpoint, .. }
            | Self::UnixDatagram { endpoint, .. }
            | Self::Unix { endpoint, .. }
            | Self::Stream { endpoint, .. } => Some(*endpoint),
            Self::Local => None,
        }
    }

    /// The number of the peer's connection, if it has one.
    #[must_use]
    pub const fn connection(&self) -> Option<u64> {
        match self {
            Self::Tcp { connection, .. }
            | Self::Unix { connection, .. }
            | Self::Stream { connection, .. } => Some(*connection),
            Self::Udp { .. } | Self::UnixDatagram { .. } | Self::Local => None,
        }
    }

    /// The same peer at another port; none where there are no ports, and for connections.
    #[must_use]
    pub fn at_port(&self, port: u16) -> Option<Self> {
        match self {
            Self::Udp { endpoint, addr } => {
                let mut addr = *addr;
                addr.set_port(port);
                Some(Self::Udp { endpoint: *endpoint, addr })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp { addr, .. } => write!(f, "udp://{addr}"),
            Self::Tcp { addr, .. } => write!(f, "tcp://{addr}"),
            Self::UnixDatagram { path: Some(path), .. } => write!(f, "unix://{}", path.display()),
            Self::UnixDatagram { path: None, .. } => f.write_str("unix://unnamed"),
            Self::Unix { connection, .. } => write!(f, "unix://connection/{connection}"),
            Self::Stream { connection, .. } => write!(f, "stream://connection/{connection}"),
            Self::Local => f.write_str("local"),
        }
    }
}
