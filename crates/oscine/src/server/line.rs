//! The bundles that wait, where handles can see them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use oscine_codec::TimeTag;

use crate::engine::engine::Engine;
use crate::engine::timing::Timing;
use crate::engine::unit::Unit;
use crate::peer::Peer;

/// The engine of a server: what waits, under a lock that nobody holds while a handler runs.
#[derive(Debug)]
pub(crate) struct Line {
    engine: Mutex<Engine<Peer>>,
    /// How many wait for that lock.
    awaited: AtomicUsize,
    timing: Mutex<Timing>,
    /// Whether something may wait. Says yes too often and never too seldom, to whoever has put something in line.
    waiting: AtomicBool,
    /// Whether all that wait are to run, whenever they are due. Written under the lock of `engine`.
    hurried: AtomicBool,
}

impl Line {
    pub(crate) const fn new(engine: Engine<Peer>, timing: Timing) -> Self {
        Self {
            engine: Mutex::new(engine),
            awaited: AtomicUsize::new(0),
            timing: Mutex::new(timing),
            waiting: AtomicBool::new(false),
            hurried: AtomicBool::new(false),
        }
    }

    /// The engine, as long as what is returned is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Engine<Peer>> {
        match self.engine.try_lock() {
            Ok(engine) => return engine,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {}
        }
        self.awaited.fetch_add(1, Ordering::Relaxed);
        let engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        self.awaited.fetch_sub(1, Ordering::Relaxed);
        engine
    }

    /// The same for whoever takes the lock again and again: lets those pass that wait. Else they would hardly ever get it, as
    /// somebody who wakes comes later than somebody who is awake.
    pub(crate) fn lock_again(&self) -> MutexGuard<'_, Engine<Peer>> {
        while self.awaited.load(Ordering::Relaxed) > 0 {
            std::thread::yield_now();
        }
        self.lock()
    }

    /// Lets the engine put something in line; `None` if those that wait are to run before.
    pub(crate) fn put<T>(&self, put: impl FnOnce(&mut Engine<Peer>) -> T) -> Option<T> {
        let mut engine = self.lock();
        if self.hurried.load(Ordering::Relaxed) {
            if !engine.schedule().is_empty() {
                return None;
            }
            self.hurried.store(false, Ordering::Relaxed);
        }
        let result = put(&mut engine);
        self.waiting.store(true, Ordering::Release);
        Some(result)
    }

    /// Whether something may wait. Takes no lock.
    #[inline]
    pub(crate) fn may_wait(&self) -> bool {
        self.waiting.load(Ordering::Acquire)
    }

    /// The next bundle that is due, or that is to run nevertheless. It is out of line before it runs.
    ///
    /// Takes no lock, and does not ask for the time, while nothing waits.
    #[inline]
    pub(crate) fn next(&self, now: impl FnOnce() -> TimeTag) -> Option<Unit<Peer>> {
        if !self.may_wait() {
            return None;
        }
        let mut engine = self.lock();
        // Only the loop puts something in line, and it is the loop that asks.
        self.waiting.store(!engine.schedule().is_empty(), Ordering::Release);
        if self.hurried.load(Ordering::Relaxed) {
            let unit = engine.pop_pending();
            // Nothing was put in line meanwhile, so these were all.
            self.hurried.store(unit.is_some(), Ordering::Relaxed);
            return unit;
        }
        engine.handle_timeout(now())
    }

    /// The bundle that comes first, and stays in line.
    pub(crate) fn first(&self) -> Option<Unit<Peer>> {
        self.lock().schedule().first().map(|waiting| waiting.value.clone())
    }

    /// When the next bundle is due. Takes no lock while nothing waits.
    pub(crate) fn next_due(&self) -> Option<TimeTag> {
        if !self.may_wait() {
            return None;
        }
        self.lock().next_timeout()
    }

    /// The same without those that were cancelled.
    pub(crate) fn next_live(&self) -> Option<TimeTag> {
        if !self.may_wait() {
            return None;
        }
        self.lock().schedule_mut().next_live()
    }

    /// Has all bundles that wait run now.
    pub(crate) fn hurry(&self) {
        let engine = self.lock();
        self.hurried.store(!engine.schedule().is_empty(), Ordering::Relaxed);
    }

    pub(crate) fn timing(&self) -> Timing {
        *self.timing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change_timing(&self, change: impl FnOnce(Timing) -> Timing) {
        let mut timing = self.timing.lock().unwrap_or_else(PoisonError::into_inner);
        *timing = change(*timing);
    }
}
