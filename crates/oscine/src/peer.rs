//! Who sent a packet.

use std::fmt;
use std::net::SocketAddr;

/// Who sent a packet, and the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Peer {
    /// A sender of datagrams.
    Udp {
        /// Which of the server's UDP sockets received it, counted from 0.
        socket: usize,
        /// The sender's address.
        addr: SocketAddr,
    },
    /// The other end of a TCP connection.
    Tcp {
        /// Which connection; never used again within one server.
        connection: u64,
        /// The other end's address.
        addr: SocketAddr,
    },
    /// The program itself.
    Local,
}

impl Peer {
    /// The peer's socket address; none for the program itself.
    #[must_use]
    pub const fn addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Udp { addr, .. } | Self::Tcp { addr, .. } => Some(*addr),
            Self::Local => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp { addr, .. } => write!(f, "udp://{addr}"),
            Self::Tcp { addr, .. } => write!(f, "tcp://{addr}"),
            Self::Local => f.write_str("local"),
        }
    }
}
