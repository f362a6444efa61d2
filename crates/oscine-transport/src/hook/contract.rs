//! What a hook does.

use std::sync::Arc;

use crate::hook::verdict::Verdict;
use crate::peer_addr::PeerAddr;

/// Sees the raw bytes of every packet, and decides what becomes of them.
///
/// All methods are called on the way of the packet, so they must not block. One hook may serve many
/// sockets and connections at the same time. The [module page](crate::hook) tells when they run.
/// For one direction a closure will do: [`hook::inbound`](crate::hook::inbound),
/// [`hook::outbound`](crate::hook::outbound).
pub trait Hook: Send + Sync {
    /// Decides about a packet that has arrived and is not decoded yet.
    fn inbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        let _ = (packet, peer);
        Verdict::Pass
    }

    /// Decides about a packet that is to be sent.
    ///
    /// The peer is [`PeerAddr::Unnamed`] where the socket knows no address.
    fn outbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        let _ = (packet, peer);
        Verdict::Pass
    }

    /// Says whether a peer may connect, before anything is read from it; if not, it is closed.
    fn connecting(&self, peer: &PeerAddr) -> bool {
        let _ = peer;
        true
    }

    /// Hears that a connection is open.
    fn connected(&self, peer: &PeerAddr) {
        let _ = peer;
    }

    /// Hears that a connection is closed, whoever closed it.
    fn closed(&self, peer: &PeerAddr) {
        let _ = peer;
    }
}

impl<H: Hook + ?Sized> Hook for Arc<H> {
    fn inbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        (**self).inbound(packet, peer)
    }

    fn outbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        (**self).outbound(packet, peer)
    }

    fn connecting(&self, peer: &PeerAddr) -> bool {
        (**self).connecting(peer)
    }

    fn connected(&self, peer: &PeerAddr) {
        (**self).connected(peer);
    }

    fn closed(&self, peer: &PeerAddr) {
        (**self).closed(peer);
    }
}
