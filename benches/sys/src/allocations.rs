//! An allocator that counts.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe to implement; all calls are handed on as they are"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

static COUNTS: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

/// The system's allocator, which counts while [`allocations`] or [`bytes_kept`] ask it to.
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

/// What `work` gives, and how many bytes it has allocated and not freed, as they were asked for.
///
/// Counts all threads, as [`allocations`] does.
pub fn bytes_kept<T>(work: impl FnOnce() -> T) -> (T, i64) {
    let before = BYTES.load(Ordering::Relaxed);
    COUNTS.store(true, Ordering::Relaxed);
    let value = work();
    COUNTS.store(false, Ordering::Relaxed);
    (value, BYTES.load(Ordering::Relaxed) - before)
}

/// Counts an allocation, or a change of one, by which so many bytes more are taken than freed.
#[inline]
fn count(allocations: u64, taken: usize, freed: usize) {
    if COUNTS.load(Ordering::Relaxed) {
        COUNT.fetch_add(allocations, Ordering::Relaxed);
        // Layouts are never larger than an `isize`.
        BYTES.fetch_add(taken as i64 - freed as i64, Ordering::Relaxed);
    }
}

// SAFETY: every method hands its arguments to `System`, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        count(0, 0, layout.size());
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.dealloc(ptr, layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, new_size, layout.size());
        // SAFETY: the caller's promise is `System`'s condition.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}
