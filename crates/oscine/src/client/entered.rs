//! A lock that knows who is inside.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// A lock that knows which thread is inside: hooks are called there, and may come back.
#[derive(Debug, Default)]
pub(crate) struct Entered<T> {
    value: Mutex<T>,
    by: Mutex<Option<ThreadId>>,
}

/// The inside of an [`Entered`].
#[derive(Debug)]
pub(crate) struct Inside<'a, T> {
    // Let go of before the value is, by `drop`.
    by: &'a Mutex<Option<ThreadId>>,
    value: MutexGuard<'a, T>,
}

impl<T> Entered<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), by: Mutex::default() }
    }

    /// Waits until nobody else is inside; nothing if this thread is, which would wait for ever.
    pub(crate) fn enter(&self) -> Option<Inside<'_, T>> {
        if self.is_here() {
            return None;
        }
        // A hook may have panicked; the connection is as it was before the packet.
        let value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        *lock(&self.by) = Some(thread::current().id());
        Some(Inside { by: &self.by, value })
    }

    /// Whether this thread is inside.
    pub(crate) fn is_here(&self) -> bool {
        // Nobody else writes the number of this thread.
        *lock(&self.by) == Some(thread::current().id())
    }
}

impl<T> Deref for Inside<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Inside<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for Inside<'_, T> {
    fn drop(&mut self) {
        *lock(self.by) = None;
    }
}

fn lock(by: &Mutex<Option<ThreadId>>) -> MutexGuard<'_, Option<ThreadId>> {
    by.lock().unwrap_or_else(PoisonError::into_inner)
}
