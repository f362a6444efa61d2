//! Datagrams: receiving, sending, round trips.
//!
//! Everything goes over loopback, from one thread: what is measured is what a message costs whoever
//! receives or sends it, not how well two cores work together, which on a shared machine is mostly
//! luck.
//!
//! # Receiving
//!
//! Before each turn, off the clock, the queue of the receiver's socket is filled with as many
//! messages as the turn takes out. So the receiver never waits, as under a load that is too much
//! for it, and it meets the same queue each time. A sender on the other core would take part in the
//! result: through the locks of the queue, the caches, and the moments when it is not scheduled.
//! All sides read from sockets made in the same way, with a buffer of 4 MiB.
//!
//! The sender hands 64 messages to the system in one call. Receivers that do not ask for joined
//! datagrams (GRO) get them one by one: the system takes them apart, off the clock, when they are
//! put into the queue.
//!
//! * `receive/single`: nobody asks for joined datagrams.
//! * `receive/batch`: we do, as by default.
//!
//! A side reads both arguments of each message, but for `recv_from`, which reads none.
//!
//! # Sending
//!
//! Packets are encoded beforehand. The receiving socket takes joined datagrams and is emptied
//! before each turn, off the clock; its queue holds everything that is sent in the turn, and nobody
//! waits for it.
//!
//! # Round trips
//!
//! Two tasks in one thread send a message to and fro, and decode it. Each round trip is timed by
//! itself.
//!
//! # Lost datagrams
//!
//! Loopback loses a datagram only when a queue is full, and these never are. If one is lost all the same, receivers get
//! others in its place, so that nobody waits for ever, and the turn does not count; see `rescue.rs`.

pub(crate) mod bare;
#[cfg(feature = "peers")]
pub(crate) mod liblo;
#[cfg(feature = "peers")]
mod oscpack;
mod ours;
mod pingpong;
pub(crate) mod receive;
mod rescue;
mod send;
pub(crate) mod socket;

use std::rc::Rc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::contest::{Contest, hold};
use crate::report::Row;
use crate::section::Filter;

const SECTION: &str = "udp";
/// How long the turns may take; they take half of it.
const LIMIT: Duration = Duration::from_secs(75);

/// Measures UDP.
///
/// # Panics
///
/// When the system refuses a socket.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    let mut contests = contests();
    contests.retain(|contest| filter.passes(contest.measure()));
    hold(SECTION, contests, LIMIT).into_iter().for_each(emit);
}

/// All contests, in the order of the table.
fn contests() -> Vec<Contest> {
    let runtime = Rc::new(runtime());
    let _inside = runtime.enter();
    let mut contests = receive::contests(&runtime);
    contests.extend(send::contests(&runtime));
    contests.push(pingpong::contest(&runtime));
    contests
}

/// The runtime of all sides that are asynchronous. They take turns, so they do not disturb each
/// other.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let mut contests = contests();
        assert_eq!(contests.len(), 6);
        contests.iter_mut().for_each(Contest::check);
    }

    #[test]
    fn turns_are_timed() {
        for mut contest in contests() {
            let mut times = Vec::new();
            contest.ours().turn(64, &mut times);
            assert!(!times.is_empty(), "{}", contest.measure());
        }
    }
}
