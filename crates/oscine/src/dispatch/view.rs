//! What is registered, kept from one message to the next.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::address_space::contents::{Contents, Shared};
use crate::dispatch::let_go::let_go;

/// What is registered, kept from one message to the next: as long as nothing changes, one number is read.
#[derive(Default)]
pub(crate) struct View {
    /// `None` before the first message and at rest: what is taken back then is not kept alive.
    held: Option<Arc<Contents>>,
}

impl View {
    /// What is registered now. If that is not what is held, `renew` is told its generation before it is held.
    ///
    /// Nothing is dropped once it is held: what removed handlers have captured may change the address space when it is
    /// dropped, and then the message has to see that.
    #[inline]
    pub(crate) fn get(&mut self, shared: &Shared, renew: impl FnOnce(u64)) -> &Contents {
        let now = shared.generation.load(Ordering::Acquire);
        if self.held.as_ref().is_none_or(|held| held.generation != now) {
            self.let_go();
            renew(now);
        }
        self.held.get_or_insert_with(|| shared.contents.load_full())
    }

    /// Whether what is held is registered no longer.
    #[inline]
    pub(crate) fn is_old(&self, shared: &Shared) -> bool {
        let now = shared.generation.load(Ordering::Acquire);
        self.held.as_ref().is_some_and(|held| held.generation != now)
    }

    /// Holds nothing until the next message.
    #[cold]
    pub(crate) fn let_go(&mut self) {
        let_go(self.held.take());
    }
}
