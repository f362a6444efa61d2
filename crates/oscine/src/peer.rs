//! Who sent a packet.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use oscine_transport::{PeerAddr, PeerKey};

/// Who sent a packet, and the way back.
///
/// `endpoint` is the number of the server's endpoint that received it: they are counted from 0 in the order of the
/// builder's calls, and on as more are added. `connection` is the number of a connection, never used again within
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
    /// The other end of a connection that the program has [accepted itself](crate::ServerBuilder::connections).
    Connection {
        /// Which endpoint accepted it.
        endpoint: usize,
        /// Which connection.
        connection: u64,
        /// Who the program says is at the other end.
        addr: PeerAddr,
    },
    /// A sender of datagrams that the program [carries itself](crate::ServerBuilder::datagrams).
    Datagram {
        /// Which endpoint received it.
        endpoint: usize,
        /// Who the program says sent it.
        addr: PeerAddr,
    },
    /// The program itself.
    Local,
}

impl Peer {
    /// The peer's socket address, if it has one.
    #[must_use]
    pub const fn addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Udp { addr, .. }
            | Self::Tcp { addr, .. }
            | Self::Connection { addr: PeerAddr::Ip(addr), .. }
            | Self::Datagram { addr: PeerAddr::Ip(addr), .. } => Some(*addr),
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
            Self::Connection { addr, .. } | Self::Datagram { addr, .. } => addr.path(),
            _ => None,
        }
    }

    /// The name that the program has given the peer, if it has.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Connection { addr, .. } | Self::Datagram { addr, .. } => addr.name(),
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
            | Self::Stream { endpoint, .. }
            | Self::Connection { endpoint, .. }
            | Self::Datagram { endpoint, .. } => Some(*endpoint),
            Self::Local => None,
        }
    }

    /// The number of the peer's connection, if it has one.
    #[must_use]
    pub const fn connection(&self) -> Option<u64> {
        match self {
            Self::Tcp { connection, .. }
            | Self::Unix { connection, .. }
            | Self::Stream { connection, .. }
            | Self::Connection { connection, .. } => Some(*connection),
            Self::Udp { .. } | Self::UnixDatagram { .. } | Self::Datagram { .. } | Self::Local => {
                None
            }
        }
    }

    /// The same peer at another port; none where there are no ports, and for connections.
    #[must_use]
    pub fn at_port(&self, port: u16) -> Option<Self> {
        let at_port = |addr: &SocketAddr| {
            let mut addr = *addr;
            addr.set_port(port);
            addr
        };
        match self {
            Self::Udp { endpoint, addr } => {
                Some(Self::Udp { endpoint: *endpoint, addr: at_port(addr) })
            }
            Self::Datagram { endpoint, addr: PeerAddr::Ip(addr) } => {
                Some(Self::Datagram { endpoint: *endpoint, addr: at_port(addr).into() })
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
            Self::Connection { connection, addr: PeerAddr::Unnamed, .. } => {
                write!(f, "stream://connection/{connection}")
            }
            Self::Connection { addr, .. } => write!(f, "stream://{addr}"),
            Self::Datagram { addr, .. } => write!(f, "datagram://{addr}"),
            Self::Local => f.write_str("local"),
        }
    }
}
