//! Several hooks, one after the other.

use core::{fmt, ops::Deref};
use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use tracing::error;

use crate::guard;
use crate::hook::contract::Hook;
use crate::hook::verdict::Verdict;
use crate::peer_addr::PeerAddr;

/// Several hooks as one, in the order in which they were added: that of a socket that has them all.
///
/// It is equal to another if it has the same hooks, and not hooks that do the same: a clone is.
///
/// # Examples
///
/// ```
/// use oscine_codec::transform::AddressTable;
/// use oscine_transport::hook::Hooks;
///
/// let table = AddressTable::new([("/mixer/channel/1/gain", 1)])?;
/// let hooks = Hooks::new().hook(table.clone());
/// assert_eq!(hooks.clone(), hooks);
/// assert_ne!(Hooks::new().hook(table), hooks);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Hooks(Vec<Arc<dyn Hook>>);

/// The bytes that go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passed<'a> {
    /// Those that came.
    Same(&'a [u8]),
    /// Others in their place.
    Other(Bytes),
}

/// Why nothing goes on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    Swallowed,
    Refused(Cow<'static, str>),
}

impl Hooks {
    /// No hooks.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a hook, around those there are: what is sent passes it behind them, what arrives before.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.push(hook);
        self
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, hook: impl Hook + 'static) {
        self.0.push(Arc::new(hook));
    }

    /// Asks all hooks about a packet that has arrived.
    pub(crate) fn pass_in<'a>(
        &self,
        packet: &'a [u8],
        peer: &PeerAddr,
    ) -> Result<Passed<'a>, Stopped> {
        let hooks = self.0.iter().rev();
        ask(hooks, packet, |hook, packet| hook.inbound(packet, peer))
    }

    /// Asks all hooks about a packet that is to be sent.
    pub(crate) fn pass_out<'a>(
        &self,
        packet: &'a [u8],
        peer: &PeerAddr,
    ) -> Result<Passed<'a>, Stopped> {
        ask(self.0.iter(), packet, |hook, packet| hook.outbound(packet, peer))
    }
}

/// What a hook that panics is asked about is refused.
impl Hook for Hooks {
    fn inbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        self.pass_in(packet, peer).into()
    }

    fn outbound(&self, packet: &[u8], peer: &PeerAddr) -> Verdict {
        self.pass_out(packet, peer).into()
    }

    fn connecting(&self, peer: &PeerAddr) -> bool {
        self.0.iter().all(|hook| guarded(|| hook.connecting(peer)).unwrap_or(false))
    }

    fn connected(&self, peer: &PeerAddr) {
        for hook in &self.0 {
            guarded(|| hook.connected(peer));
        }
    }

    fn closed(&self, peer: &PeerAddr) {
        for hook in &self.0 {
            guarded(|| hook.closed(peer));
        }
    }
}

impl From<Result<Passed<'_>, Stopped>> for Verdict {
    fn from(outcome: Result<Passed<'_>, Stopped>) -> Self {
        match outcome {
            Ok(Passed::Same(_)) => Self::Pass,
            Ok(Passed::Other(bytes)) => Self::Replace(bytes),
            Err(Stopped::Swallowed) => Self::Swallow,
            Err(Stopped::Refused(reason)) => Self::Refuse(reason),
        }
    }
}

impl PartialEq for Hooks {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.0.iter().zip(&other.0);
        self.0.len() == other.0.len() && pairs.all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

impl Eq for Hooks {}

impl Deref for Passed<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Same(bytes) => bytes,
            Self::Other(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hooks").field(&self.0.len()).finish()
    }
}

fn ask<'a, 'h>(
    hooks: impl Iterator<Item = &'h Arc<dyn Hook>>,
    packet: &'a [u8],
    decide: impl Fn(&dyn Hook, &[u8]) -> Verdict,
) -> Result<Passed<'a>, Stopped> {
    let mut passed = Passed::Same(packet);
    for hook in hooks {
        match guarded(|| decide(&**hook, &passed)) {
            Some(Verdict::Pass) => {}
            Some(Verdict::Replace(bytes)) => passed = Passed::Other(bytes),
            Some(Verdict::Swallow) => return Err(Stopped::Swallowed),
            Some(Verdict::Refuse(reason)) => return Err(Stopped::Refused(reason)),
            None => return Err(Stopped::Refused("the hook panicked".into())),
        }
    }
    Ok(passed)
}

/// Calls a hook; `None` if it panicked, which must not take the socket with it.
fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    // Whatever a hook leaves behind half done is behind its own `&self`.
    let outcome = guard::guarded(call);
    if outcome.is_none() {
        error!("a hook panicked");
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::closures::{inbound, outbound};

    /// Puts a mark at the end on the way out, and takes it off on the way in.
    struct Mark(u8);

    impl Hook for Mark {
        fn inbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
            match packet.split_last() {
                Some((&last, rest)) if last == self.0 => {
                    Verdict::Replace(Bytes::copy_from_slice(rest))
                }
                _ => Verdict::Refuse("no mark".into()),
            }
        }

        fn outbound(&self, packet: &[u8], _: &PeerAddr) -> Verdict {
            Verdict::Replace([packet, &[self.0]].concat().into())
        }
    }

    fn hooks(marks: &[u8]) -> Hooks {
        let mut hooks = Hooks::default();
        marks.iter().for_each(|&mark| hooks.push(Mark(mark)));
        hooks
    }

    const PEER: PeerAddr = PeerAddr::Unnamed;

    #[test]
    fn hooks_run_out_in_order_and_in_the_other_way_round() {
        let hooks = hooks(b"12");
        assert_eq!(*hooks.pass_out(b"x", &PEER).unwrap(), *b"x12");
        assert_eq!(*hooks.pass_in(b"x12", &PEER).unwrap(), *b"x");
        let refused = hooks.pass_in(b"x21", &PEER).unwrap_err();
        assert_eq!(refused, Stopped::Refused("no mark".into()));
    }

    #[test]
    fn what_no_hook_touches_is_not_copied() {
        let mut hooks = Hooks::default();
        assert!(hooks.is_empty());
        hooks.push(outbound(|_, _| Verdict::Swallow));
        assert_eq!(hooks.pass_in(b"x", &PEER), Ok(Passed::Same(b"x")));
        assert_eq!(hooks.pass_out(b"x", &PEER), Err(Stopped::Swallowed));
    }

    #[test]
    fn a_hook_that_panics_refuses() {
        let mut hooks = Hooks::default();
        hooks.push(inbound(|packet, _| panic!("{packet:?}")));
        assert!(matches!(hooks.pass_in(b"x", &PEER), Err(Stopped::Refused(_))));
        assert!(hooks.connecting(&PEER));
    }

    #[test]
    fn several_are_one() {
        let inner = hooks(b"12");
        let outer = Hooks::new().hook(inner.clone()).hook(Mark(b'3'));
        assert_eq!(*outer.pass_out(b"x", &PEER).unwrap(), *b"x123");
        assert_eq!(*outer.pass_in(b"x123", &PEER).unwrap(), *b"x");
        let refused = outer.pass_in(b"x213", &PEER).unwrap_err();
        assert_eq!(refused, Stopped::Refused("no mark".into()));
        let swallowing = Hooks::new().hook(inner).hook(inbound(|_, _| Verdict::Swallow));
        assert_eq!(Hook::inbound(&swallowing, b"x12", &PEER), Verdict::Swallow);
        assert_eq!(Hook::inbound(&Hooks::new(), b"x", &PEER), Verdict::Pass);
        assert!(swallowing == swallowing.clone() && swallowing != hooks(b"12"));
    }
}
