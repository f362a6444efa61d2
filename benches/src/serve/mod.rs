//! Serving: from the socket through decoding to a handler with one typed argument.
//!
//! The message is `/synth/voice/1/freq ,f`, 28 bytes, and there is one method. Everything goes over loopback and is
//! sent in the thread that receives it, off the clock: a receiver finds a full queue, as in [`udp`](crate::udp), whose
//! page tells why. So it is with the connection, too: all bytes of a turn have arrived when the clock starts.
//!
//! * `serve/single`: nobody asks for joined datagrams.
//! * `serve/batch`: we do, as by default. The sender is the same.
//! * `serve/alone`: the queue holds one datagram, so a read brings one and the next one has to wait for the system.
//! * `serve/tcp`: a length before each message, 1,024 of them for as large a read as one likes.
//!
//! We are a `Server` with default options, but for what is said above, whose handler takes an `f32`; all of it runs in
//! this thread. liblo is its server, run by hand, with a method of type `f`. `recv_from` decodes nothing and calls
//! nobody; over TCP its part is that of `frames`, which adds up the lengths of the frames that it has read.
//!
//! * `alloc/udp`, `alloc/tcp`: what a message allocates from the socket to the handler when everything is warm.

mod allocations;
mod alone;
mod connection;
mod ours;

use std::rc::Rc;
use std::time::Duration;

use crate::contest::{Contest, Pace, Side, hold};
use crate::message::floats;
use crate::report::Row;
use crate::section::Filter;
use crate::serve::ours::Serving;
use crate::udp::receive::{self, Source};
use crate::udp::runtime;
use crate::udp::socket::room;

/// What rows of this part are marked with.
const SECTION: &str = "serve";
/// How long the turns may take; they take a tenth of it.
const LIMIT: Duration = Duration::from_secs(60);
/// How many datagrams a turn has, if the queue holds them: few, so that a turn of the slowest side is shorter than what
/// the system lets a thread run at a time. Else a machine that has other work to do would make slow sides slower.
const DATAGRAMS: u64 = 256;

/// Measures serving.
///
/// # Panics
///
/// When the system refuses a socket.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    let mut contests = contests();
    contests.retain(|contest| filter.passes(contest.measure()));
    hold(SECTION, contests, LIMIT).into_iter().for_each(&mut *emit);
    allocations::rows(filter).into_iter().for_each(emit);
}

/// All contests, in the order of the table.
fn contests() -> Vec<Contest> {
    let runtime = Rc::new(runtime());
    let room = room().min(DATAGRAMS);
    let source = Rc::new(Source::new(&runtime, floats(room)));
    let contest = |measure: &str, gro| {
        let ours = receive::side(&source, |socket| Serving::udp(&runtime, socket, gro));
        let peers = peers(&source);
        Contest { measure: measure.to_owned(), pace: Pace::Fixed(room), ours, peers }
    };
    vec![
        contest("serve/single", false),
        contest("serve/batch", true),
        alone::contest(&runtime, &source),
        connection::contest(&runtime),
    ]
}

#[cfg(feature = "peers")]
fn peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    use crate::udp::liblo::Liblo;
    vec![receive::bare(source), receive::side(source, |socket| Liblo::new(&socket, c"f"))]
}

#[cfg(not(feature = "peers"))]
fn peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    vec![receive::bare(source)]
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
