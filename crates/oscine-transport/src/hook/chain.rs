//! Several hooks, one after the other.

use core::{fmt, ops::Deref};
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::Bytes;
use tracing::error;

use crate::hook::contract::Hook;
use crate::hook::verdict::Verdict;
use crate::peer_addr::PeerAddr;

/// The hooks of a socket, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct Hooks(Vec<Arc<dyn Hook>>);

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
    pub(crate) fn push(&mut self, hook: impl Hook + 'static) {
        self.0.push(Arc::new(hook));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks all hooks about a packet that has arrived.
    pub(crate) fn inbound<'a>(
        &self,
        packet: &'a [u8],
        peer: &PeerAddr,
    ) -> Result<Passed<'a>, Stopped> {
        let hooks = self.0.iter().rev();
        ask(hooks, packet, |hook, packet| hook.inbound(packet, peer))
    }

    /// Asks all hooks about a packet that is to be sent.
    pub(crate) fn outbound<'a>(
        &self,
        packet: &'a [u8],
        peer: &PeerAddr,
    ) -> Result<Passed<'a>, Stopped> {
        ask(self.0.iter(), packet, |hook, packet| hook.outbound(packet, peer))
    }

    /// Asks all hooks whether a peer may connect.
    pub(crate) fn connecting(&self, peer: &PeerAddr) -> bool {
        self.0.iter().all(|hook| guarded(|| hook.connecting(peer)).unwrap_or(false))
    }

    pub(crate) fn connected(&self, peer: &PeerAddr) {
        for hook in &self.0 {
            guarded(|| hook.connected(peer));
        }
    }

    pub(crate) fn closed(&self, peer: &PeerAddr) {
        for hook in &self.0 {
            guarded(|| hook.closed(peer));
        }
    }
}

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
    let outcome = catch_unwind(AssertUnwindSafe(call)).ok();
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
        assert_eq!(*hooks.outbound(b"x", &PEER).unwrap(), *b"x12");
        assert_eq!(*hooks.inbound(b"x12", &PEER).unwrap(), *b"x");
        let refused = hooks.inbound(b"x21", &PEER).unwrap_err();
        assert_eq!(refused, Stopped::Refused("no mark".into()));
    }

    #[test]
    fn what_no_hook_touches_is_not_copied() {
        let mut hooks = Hooks::default();
        assert!(hooks.is_empty());
        hooks.push(outbound(|_, _| Verdict::Swallow));
        assert_eq!(hooks.inbound(b"x", &PEER), Ok(Passed::Same(b"x")));
        assert_eq!(hooks.outbound(b"x", &PEER), Err(Stopped::Swallowed));
    }

    #[test]
    fn a_hook_that_panics_refuses() {
        let mut hooks = Hooks::default();
        hooks.push(inbound(|packet, _| panic!("{packet:?}")));
        assert!(matches!(hooks.inbound(b"x", &PEER), Err(Stopped::Refused(_))));
        assert!(hooks.connecting(&PEER));
    }
}
