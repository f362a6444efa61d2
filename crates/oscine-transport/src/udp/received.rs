//! One datagram and what it holds.

use std::net::SocketAddr;

use oscine_codec::Packet;
use tokio::time::Instant;

use crate::codec::bad_packet::BadPacket;

/// One datagram that arrived: what it holds, from whom, and when.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Received {
    /// The packet, or what was wrong with it.
    ///
    /// A packet that came alone in its datagram owns exactly its bytes: it may be kept as it is.
    /// The packets of [framed datagrams](crate::udp::FramedUdp) share memory.
    pub packet: Result<Packet, BadPacket>,
    /// Who sent it.
    pub peer: SocketAddr,
    /// When it was read from the socket. Datagrams that are read together have the same time.
    ///
    /// It is tokio's clock, which tests may stop; [`Instant::into_std`] gives that of the standard
    /// library.
    pub at: Instant,
}
