//! Counting for others to read.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that one task changes and any may read. Adding is a plain load and a plain store, so of two that add at
/// the same time one would be lost.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    #[inline]
    pub(crate) fn add(&self, count: usize) {
        self.set(self.read().wrapping_add(count as u64));
    }

    #[inline]
    pub(crate) fn set(&self, value: u64) {
        // Relaxed: nothing is concluded from one number about another.
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
