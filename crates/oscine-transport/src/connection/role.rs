//! What a builder builds.

use crate::peer_addr::PeerAddr;

/// A [`Builder`](crate::connection::Builder) for any stream that is at hand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Any {
    pub(crate) peer: PeerAddr,
}

/// A [`Builder`](crate::connection::Builder) for one connection.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Connect;

/// A [`Builder`](crate::connection::Builder) for a listener and the connections it accepts.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Listen {
    pub(crate) max_connections: usize,
    pub(crate) backlog: u32,
}

impl Listen {
    pub(crate) const fn new() -> Self {
        Self { max_connections: 500, backlog: 300 }
    }
}
