//! Allocations from the socket to the handler.
//!
//! The runtime has a list of the tasks that yielded, which is new each time it is entered: one allocation a turn, which
//! is no message's. A turn is so long that it does not show.

use std::hint::black_box;
use std::rc::Rc;

use oscine_benches_sys::allocations;

use crate::message::floats;
use crate::receiver::Receiver;
use crate::report::Row;
use crate::section::Filter;
use crate::serve::SECTION;
use crate::serve::connection::{TURN, connection, wire};
use crate::serve::ours::Serving;
use crate::udp::receive::Source;
use crate::udp::runtime;
use crate::udp::socket::{address, room, socket};

/// How often a queue is filled and emptied, after it was once.
const TIMES: u64 = 64;

pub(crate) fn rows(filter: &Filter) -> Vec<Row> {
    type Measure = (&'static str, fn() -> f64);
    assert_eq!(allocations(|| drop(black_box(Box::new(1)))), 1, "allocations are counted");
    let measures: [Measure; 2] = [
        // Whether datagrams come joined or not: the more.
        ("alloc/udp", || udp(false).max(udp(true))),
        ("alloc/tcp", tcp),
    ];
    let wanted = measures.into_iter().filter(|(name, _)| filter.passes(name));
    wanted.map(|(name, count)| Row::allocations(SECTION, name, count())).collect()
}

fn udp(gro: bool) -> f64 {
    let runtime = Rc::new(runtime());
    let _inside = runtime.enter();
    let room = room();
    let source = Source::new(&runtime, floats(room));
    let socket = socket();
    let address = address(&socket);
    let mut server = Serving::udp(&runtime, socket, gro);
    let mut turn = || {
        source.fill(address, room);
        let mut count = 0;
        source.time(address, || count = allocations(|| server.receive(room)));
        count
    };
    turn();
    per((0..TIMES).map(|_| turn()).sum(), TIMES * room)
}

fn tcp() -> f64 {
    let runtime = Rc::new(runtime());
    let (mut from, listener) = connection();
    let mut server = Serving::tcp(&runtime, listener);
    let wire = wire();
    let mut turn = || {
        wire.write(TURN, &mut from).expect("the connection takes everything");
        allocations(|| server.receive(TURN))
    };
    turn();
    per((0..TIMES).map(|_| turn()).sum(), TIMES * TURN)
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn per(count: u64, messages: u64) -> f64 {
    count as f64 / messages as f64
}
