//! Allocations of running one message, when everything is warm.

use futures::FutureExt;
use futures::future::ready;
use oscine::{AddressSpace, Dispatcher, Message, PacketRef};
use oscine_benches_sys::allocations;

use crate::dispatch::SECTION;
use crate::dispatch::case::Case;
use crate::dispatch::ours;
use crate::report::Row;
use crate::section::Filter;

/// How often the message is run, after it was run once.
const TIMES: u64 = 10_000;

pub(crate) fn rows(filter: &Filter) -> Vec<Row> {
    type Measure = (&'static str, fn() -> u64);
    let measures: [Measure; 4] = [
        ("alloc/literal", literal),
        ("alloc/ready_async", ready_async),
        ("alloc/pattern_repeated", pattern),
        ("alloc/registered_repeated", registered),
    ];
    let wanted = measures.into_iter().filter(|(name, _)| filter.passes(name));
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    wanted
        .map(|(name, count)| Row::allocations(SECTION, name, count() as f64 / TIMES as f64))
        .collect()
}

fn literal() -> u64 {
    count(&ours::space(Case::Literal, 1000).0, "/mixer/channel/7/gain")
}

fn ready_async() -> u64 {
    let space = AddressSpace::new();
    space.method("/gain", |_: f32| ready(())).expect("it is an address");
    count(&space, "/gain")
}

fn pattern() -> u64 {
    count(&ours::space(Case::Star, 1000).0, "/mixer/channel/*/gain")
}

fn registered() -> u64 {
    count(&ours::space(Case::Registered, 1000).0, "/mixer/7/p3")
}

fn count(space: &AddressSpace, address: &str) -> u64 {
    let message = Message::new(address, 0.5_f32).expect("it is an address");
    let mut dispatcher = Dispatcher::new(space.clone());
    let mut run = || {
        let packet = PacketRef::decode(message.as_bytes()).expect("the packet is sound");
        let done = dispatcher.dispatch(packet).now_or_never().expect("no handler waits");
        assert!(done.calls > 0, "a message that reaches nothing proves nothing");
    };
    run();
    allocations(|| (0..TIMES).for_each(|_| run()))
}
