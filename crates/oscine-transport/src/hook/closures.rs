//! Hooks of one direction, made of closures.

use core::fmt;

use crate::hook::contract::Hook;
use crate::hook::verdict::Verdict;
use crate::peer_addr::PeerAddr;

/// Makes a hook that looks at what arrives.
///
/// # Examples
///
/// ```
/// use oscine_transport::hook::{self, Verdict};
///
/// let tap = hook::inbound(|packet, peer| {
///     println!("{} bytes from {peer}", packet.len());
///     Verdict::Pass
/// });
/// # let _ = tap;
/// ```
pub fn inbound<F>(decide: F) -> Inbound<F>
where
    F: Fn(&[u8], &PeerAddr) -> Verdict + Send + Sync,
{
    Inbound(decide)
}

/// Makes a hook that looks at what is sent.
pub fn outbound<F>(decide: F) -> Outbound<F>
where
    F: Fn(&[u8], &PeerAddr) -> Verdict + Send + Sync,
{
    Outbound(decide)
}

/// A hook made by [`inbound`].
#[derive(Clone, Copy)]
pub struct Inbound<F>(F);

/// A hook made by [`outbound`].
#[derive(Clone, Copy)]
pub struct Outbound<F>(F);

impl<F> Hook for Inbound<F>
where
    F: Fn(&[u8], &PeerAddr) -> Verdict + Send + Sync,
{
    fn inbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        (self.0)(packet, peer)
    }
}

impl<F> Hook for Outbound<F>
where
    F: Fn(&[u8], &PeerAddr) -> Verdict + Send + Sync,
{
    fn outbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        (self.0)(packet, peer)
    }
}

impl<F> fmt::Debug for Inbound<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for Outbound<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").finish_non_exhaustive()
    }
}
