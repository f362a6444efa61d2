//! The bundles that wait, where handles can see them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::engine::Engine;
use crate::peer::Peer;

/// The engine of a server: what waits, under a lock that nobody holds while a handler runs.
#[derive(Debug)]
pub(crate) struct Line {
    engine: Mutex<Engine<Peer>>,
    /// Whether something may wait. Says yes too often and never too seldom, to whoever has put something in line.
    waiting: AtomicBool,
}

impl Line {
    pub(crate) const fn new(engine: Engine<Peer>) -> Self {
        Self { engine: Mutex::new(engine), waiting: AtomicBool::new(false) }
    }

    /// The engine, as long as what is returned is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Engine<Peer>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something has been put in line.
    pub(crate) fn note(&self) {
        self.waiting.store(true, Ordering::Release);
    }

    /// The engine, unless nothing waits: then no lock is taken.
    #[inline]
    pub(crate) fn lock_if_waiting(&self) -> Option<MutexGuard<'_, Engine<Peer>>> {
        if !self.waiting.load(Ordering::Acquire) {
            return None;
        }
        let engine = self.lock();
        // Only the loop puts something in line, and it is the loop that asks.
        self.waiting.store(!engine.schedule().is_empty(), Ordering::Release);
        Some(engine)
    }
}
