//! Waking all who wait for one thing.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// All who wait for the same thing. As a waker it wakes each of them, once.
///
/// Whatever is polled keeps the waker that it saw last; this one stands for many.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    waiting: Mutex<BTreeMap<u64, Waker>>,
}

impl Wakers {
    /// Notes that `who` waits, before whatever is waited for is polled.
    pub(crate) fn register(&self, who: u64, waker: &Waker) {
        let mut waiting = self.waiting();
        if !waiting.get(&who).is_some_and(|known| known.will_wake(waker)) {
            waiting.insert(who, waker.clone());
        }
    }

    /// Wakes one alone.
    pub(crate) fn wake_one(&self, who: u64) {
        let waker = { self.waiting().remove(&who) };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes all but one.
    pub(crate) fn wake_others(&self, who: u64) {
        let woken = {
            let mut waiting = self.waiting();
            let mut woken = mem::take(&mut *waiting);
            if let Some(waker) = woken.remove(&who) {
                waiting.insert(who, waker);
            }
            woken
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// Forgets one that waits no more.
    pub(crate) fn forget(&self, who: u64) {
        self.waiting().remove(&who);
    }

    /// Wakes all.
    pub(crate) fn wake_all(&self) {
        // A waker may run anything, so not under the lock.
        let woken = { mem::take(&mut *self.waiting()) };
        woken.into_values().for_each(Waker::wake);
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Waker>> {
        // Nothing under the lock panics half way through.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_all();
    }
}
