//! An allocator that counts.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe to implement; all calls are handed on as they are"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

static COUNTS: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, which counts while [`allocations`] asks it to.
///
/// At other times it costs a branch that is never taken, so that peers that allocate are not measured too slow.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Counting;

impl Counting {
    /// The allocator, for `#[global_allocator]`.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

/// How often `work` allocates or grows memory.
///
/// Counts all threads, and nothing at all when the program does not use [`Counting`]: have it count something known
/// first.
pub fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.load(Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    work();
    COUNTS.store(false, Ordering::Relaxed);
    COUNT.load(Ordering::Relaxed) - before
}

#[inline]
fn count() {
    if COUNTS.load(Ordering::Relaxed) {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every method hands its arguments to `System`, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.dealloc(ptr, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}
