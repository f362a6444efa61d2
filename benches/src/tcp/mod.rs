//! Streams of bytes: messages over a TCP connection, and SLIP by itself.
//!
//! # Messages over a connection
//!
//! A thread writes messages, encoded beforehand, as fast as the system takes them; the other end of
//! the connection, over loopback, receives them. The clock runs from the first message to the last
//! of the turn. A turn is long, so that what is written while the receiver wakes up, and is then
//! read at one go, is little beside the rest.
//!
//! * `tcp/length`: an int32 length before each message (OSC 1.0).
//! * `tcp/slip`: END before and after each message (OSC 1.1). Two of a hundred messages have a byte
//!   to escape.
//!
//! Each side decodes every message and reads both of its arguments. `bare` is what one would write by hand: it reads
//! into one big buffer, finds the frames in it in place, and decodes them there. `frames` finds the frames only, and adds
//! up their lengths: what is left when everything that can be left out is.
//!
//! # SLIP by itself
//!
//! Frames are taken out of 64 KiB that are in memory; `slip.rs` tells more.

pub(crate) mod bare;
pub(crate) mod feed;
#[cfg(feature = "peers")]
pub(crate) mod liblo;
mod ours;
mod slip;
mod stream;

use std::time::Duration;

use crate::contest::{Contest, hold};
use crate::report::Row;
use crate::section::Filter;

const SECTION: &str = "tcp";
/// How long the turns over connections may take. They take all of it.
const CONNECTIONS_LIMIT: Duration = Duration::from_secs(60);
/// How long the turns of SLIP by itself may take; they take a third of it.
const SLIP_LIMIT: Duration = Duration::from_secs(15);

/// Measures TCP and SLIP.
///
/// # Panics
///
/// When the system refuses a socket.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    for (mut contests, limit) in groups() {
        contests.retain(|contest| filter.passes(contest.measure()));
        hold(SECTION, contests, limit).into_iter().for_each(&mut *emit);
    }
}

/// All contests, and how long their turns may take.
fn groups() -> [(Vec<Contest>, Duration); 2] {
    [(stream::contests(), CONNECTIONS_LIMIT), (slip::contests(), SLIP_LIMIT)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let [(mut streams, _), (mut slip, _)] = groups();
        assert_eq!((streams.len(), slip.len()), (2, 2));
        streams.iter_mut().chain(&mut slip).for_each(Contest::check);
    }

    #[test]
    fn turns_are_timed() {
        for mut contest in groups().into_iter().flat_map(|(contests, _)| contests) {
            let mut times = Vec::new();
            contest.ours().turn(64 * 32, &mut times);
            assert!(!times.is_empty(), "{}", contest.measure());
        }
    }
}
