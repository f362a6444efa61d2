//! Bundles that wait: how late they run, and what the queue costs in which they wait.
//!
//! # `lateness/*`
//!
//! 400 bundles a side, each due 5 to 500 ms after it is sent, in 20 rounds. In a round each side gets 20 bundles with
//! the same times ahead, one side after the other, in an order that rotates. What is told is how long after its time
//! tag a bundle ran, by the system's clock, in microseconds: of ours in the handler, behind a real server on UDP.
//!
//! * `timerfd`: a timer file descriptor in a task of tokio's, without a queue and without packets.
//! * `tokio_sleep`: `tokio::time::sleep_until` in a task, as bare.
//! * `liblo`: a `lo_server` that is sent the bundles over UDP. It runs bundles early, and so it can be below zero.
//!
//! `lateness/precise_p50` is ours with a precision of 1 ms: it wakes earlier, and looks at the clock until it is time.
//!
//! # `queue/*`
//!
//! A million entries with random time tags within an hour are pushed, then popped in order, into an empty queue;
//! nanoseconds for a push and a pop. `BinaryHeap` holds time tag, number and value; `DelayQueue` of tokio-util, which
//! rounds to milliseconds, is polled after tokio's time was advanced by an hour. `queue/bytes_each` is the memory of an
//! entry when a million wait in an engine: bundles of 36 bytes, each with its packet. `queue/bytes_bare` is that of the
//! queue alone, with values of 8 bytes.

mod late;
#[cfg(feature = "peers")]
mod late_liblo;
mod late_ours;
mod late_timers;
mod memory;
mod queues;

use crate::report::Row;
use crate::section::Filter;

/// What rows of this part are marked with.
pub(crate) const SECTION: &str = "schedule";

/// Measures the schedule.
///
/// # Panics
///
/// When the system refuses a socket or a timer.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    if ["min", "p50", "p99", "precise_min", "precise_p50", "precise_p99"]
        .iter()
        .any(|name| filter.passes(&format!("lateness/{name}")))
    {
        let rows = late::rows();
        rows.into_iter().filter(|row| filter.passes(row.measure())).for_each(&mut *emit);
    }
    if filter.passes("queue/million") {
        queues::rows().into_iter().for_each(&mut *emit);
    }
    memory::rows(filter).into_iter().for_each(emit);
}
