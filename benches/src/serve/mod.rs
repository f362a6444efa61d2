//! Serving: from the socket through decoding to a handler with one typed argument.
//!
//! The message is `/synth/voice/1/freq ,f`, 28 bytes, and there is one method. Sockets are filled and connections fed as
//! in [`udp`](crate::udp) and [`tcp`](crate::tcp), whose pages tell what is on the clock: a receiver of datagrams finds a
//! full queue and shares one thread with the sender; a connection is fed by another thread, as fast as it takes.
//!
//! * `serve/single`: nobody asks for joined datagrams.
//! * `serve/batch`: we do, as by default. The sender is the same.
//! * `serve/alone`: the queue holds one datagram, so a read brings one and the next one has to wait for the system.
//! * `serve/tcp`: a length before each message, many messages in a read.
//!
//! We are a `Server` with default options, but for what is said above, whose handler takes an `f32`; all of it runs in
//! this thread. liblo is its server, run by hand, with a method of type `f`. `recv_from` decodes nothing and calls
//! nobody; over TCP its part is that of `frames`, which adds up the lengths of the frames that it has read.
//!
//! * `alloc/udp`, `alloc/tcp`: what a message allocates from the socket to the handler when everything is warm.

mod allocations;
mod alone;
mod ours;

use std::rc::Rc;
use std::time::Duration;

use oscine::Packet;
use oscine::transport::framing::FramingKind;
use tokio::runtime::Runtime;

use crate::contest::{Contest, Pace, Side, hold};
use crate::message::floats;
use crate::report::Row;
use crate::section::Filter;
use crate::serve::ours::Serving;
use crate::tcp::bare::{Bare, length, length_prefix};
use crate::tcp::feed;
use crate::tcp::stream::{self, MESSAGES};
use crate::udp::receive::{self, Source};
use crate::udp::socket::room;

/// What rows of this part are marked with.
const SECTION: &str = "serve";
/// How long the turns with datagrams may take; they take half of it.
const DATAGRAMS_LIMIT: Duration = Duration::from_secs(30);
/// How long the turns over connections may take. They take all of it.
const CONNECTIONS_LIMIT: Duration = Duration::from_secs(45);

/// Measures serving.
///
/// # Panics
///
/// When the system refuses a socket.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    for (mut contests, limit) in groups() {
        contests.retain(|contest| filter.passes(contest.measure()));
        hold(SECTION, contests, limit).into_iter().for_each(&mut *emit);
    }
    allocations::rows(filter).into_iter().for_each(emit);
}

/// All contests, and how long their turns may take.
fn groups() -> [(Vec<Contest>, Duration); 2] {
    let runtime = Rc::new(crate::udp::runtime());
    [(datagrams(&runtime), DATAGRAMS_LIMIT), (vec![connections(&runtime)], CONNECTIONS_LIMIT)]
}

fn datagrams(runtime: &Rc<Runtime>) -> Vec<Contest> {
    let _inside = runtime.enter();
    let room = room();
    let source = Rc::new(Source::new(runtime, floats(room)));
    let contest = |measure: &str, gro| {
        let ours = receive::side(&source, |socket| Serving::udp(runtime, socket, gro));
        let peers = datagram_peers(&source);
        Contest { measure: measure.to_owned(), pace: Pace::Fixed(room), ours, peers }
    };
    vec![
        contest("serve/single", false),
        contest("serve/batch", true),
        alone::contest(runtime, &source),
    ]
}

#[cfg(feature = "peers")]
fn datagram_peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    use crate::udp::liblo::Liblo;
    vec![receive::bare(source), receive::side(source, |socket| Liblo::new(&socket, c"f"))]
}

#[cfg(not(feature = "peers"))]
fn datagram_peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    vec![receive::bare(source)]
}

fn connections(runtime: &Rc<Runtime>) -> Contest {
    let packets = floats(feed::MESSAGES);
    let framing = FramingKind::LengthPrefix;
    let ours = stream::side(framing, &packets, 1, |listener| Serving::tcp(runtime, listener));
    let frames = |listener| Bare::new("frames", &listener, length_prefix, length);
    let mut peers = vec![stream::side(framing, &packets, 1, frames)];
    peers.extend(connection_peers(framing, &packets));
    Contest { measure: "serve/tcp".to_owned(), pace: Pace::Fixed(MESSAGES), ours, peers }
}

#[cfg(feature = "peers")]
fn connection_peers(framing: FramingKind, packets: &[Packet]) -> Vec<Box<dyn Side>> {
    use crate::tcp::{liblo::Liblo, stream::LIBLO_SHARE};
    let liblo = |listener| Liblo::new(&listener, c"f");
    vec![stream::side(framing, packets, LIBLO_SHARE, liblo)]
}

#[cfg(not(feature = "peers"))]
fn connection_peers(_: FramingKind, _: &[Packet]) -> Vec<Box<dyn Side>> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let [(mut datagrams, _), (mut connections, _)] = groups();
        assert_eq!((datagrams.len(), connections.len()), (3, 1));
        datagrams.iter_mut().chain(&mut connections).for_each(Contest::check);
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
