//! One datagram and what it holds.

use oscine_codec::Packet;
use tokio::time::Instant;

use crate::codec::bad_packet::BadPacket;
use crate::peer_addr::PeerAddr;

/// One datagram that arrived: what it holds, from whom, and when.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Received {
    /// The packet, or what was wrong with it.
    pub packet: Result<Packet, BadPacket>,
    /// Who sent it: a path, or [`PeerAddr::Unnamed`] if its socket was never bound.
    pub peer: PeerAddr,
    /// When it was read from the socket, by tokio's clock.
    pub at: Instant,
}
