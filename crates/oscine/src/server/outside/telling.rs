//! Who hears of a fault right now.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// The threads on which somebody hears of a fault: what comes up in there is not told, as there would be no end to it.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    threads: Mutex<Vec<ThreadId>>,
    /// How many there are, so that it mostly costs nothing to ask.
    count: AtomicUsize,
}

impl Telling {
    /// Tells, unless somebody on this thread hears of a fault already. `tell` must not panic.
    pub(crate) fn once(&self, tell: impl FnOnce()) {
        if self.is_here() {
            return;
        }
        let this = thread::current().id();
        self.threads().push(this);
        self.count.fetch_add(1, Ordering::Relaxed);
        tell();
        self.count.fetch_sub(1, Ordering::Relaxed);
        self.threads().retain(|thread| *thread != this);
    }

    /// Whether somebody on this thread hears of a fault.
    pub(crate) fn is_here(&self) -> bool {
        // What this thread has counted it sees.
        let any = self.count.load(Ordering::Relaxed) > 0;
        any && self.threads().contains(&thread::current().id())
    }

    fn threads(&self) -> MutexGuard<'_, Vec<ThreadId>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
