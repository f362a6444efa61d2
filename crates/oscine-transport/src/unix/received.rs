//! One datagram and what it holds.

use bytes::Bytes;
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

/// One datagram that arrived and is not decoded: its bytes, from whom, and when.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceivedBytes {
    /// The bytes as [hooks](crate::hook) left them, or why there are none.
    ///
    /// Of the kinds of [`BadPacket`] only [`Decode`](BadPacket::Decode) is not there.
    pub bytes: Result<Bytes, BadPacket>,
    /// Who sent it: a path, or [`PeerAddr::Unnamed`] if its socket was never bound.
    pub peer: PeerAddr,
    /// When it was read from the socket, by tokio's clock.
    pub at: Instant,
}
