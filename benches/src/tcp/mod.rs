//! Streams of bytes: messages over a TCP connection, and SLIP by itself.
//!
//! # Messages over a connection
//!
//! A thread writes messages, encoded beforehand, as fast as the system takes them; the other end of the connection, over
//! loopback, receives them. The clock runs from the first message to the last of the turn.
//!
//! * `tcp/length`: an int32 length before each message (OSC 1.0).
//! * `tcp/slip`: END before and after each message (OSC 1.1). Two of a hundred messages have a byte to escape.
//!
//! A side reads both arguments of each message, but for `bare`: it reads into one big buffer, finds the frames in it in
//! place, and adds up their lengths.
//!
//! # SLIP by itself
//!
//! Frames are taken out of 64 KiB that are in memory; see [`slip`].

mod bare;
mod feed;
#[cfg(feature = "peers")]
mod liblo;
mod ours;
mod slip;
mod stream;

use crate::contest::{Contest, hold};
use crate::report::Row;
use crate::section::Filter;

const SECTION: &str = "tcp";

/// Measures TCP and SLIP.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    let mut contests = contests();
    contests.retain(|contest| filter.passes(contest.measure()));
    hold(SECTION, contests).into_iter().for_each(emit);
}

/// All contests of TCP and SLIP, in the order of the table.
///
/// # Panics
///
/// When the system refuses a socket.
#[must_use]
pub fn contests() -> Vec<Contest> {
    let mut contests = stream::contests();
    contests.extend(slip::contests());
    contests
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let mut contests = contests();
        assert_eq!(contests.len(), 4);
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
