//! Short stories, each told in full.

use std::time::{Duration, Instant};

use oscine_codec::{Bundle, Message, Packet, TimeTag};

use crate::engine::due::DueMessage;
use crate::engine::engine::Engine;
use crate::engine::handled::Handled;
use crate::engine::steps::RunStep;
use crate::engine::timing::{LatePolicy, TimePolicy, Timing};
use crate::schedule::limits::{Overflow, ScheduleLimits};
use crate::time_offset::TimeOffset;

fn at(seconds: u64) -> TimeTag {
    TimeTag((1_000_000 + seconds) << 32)
}

fn message(address: &str) -> Message {
    Message::new(address, ()).unwrap()
}

fn handle(engine: &mut Engine<()>, second: u64, packet: &Packet, timing: Timing) -> Handled {
    engine.handle_packet(at(second), packet.view(), &(), Instant::now(), timing)
}

/// A harness that owns the clock: handles packets as they arrive, steps to each deadline, and notes what runs.
fn run(packets: &[(u64, Packet)], until: u64) -> Vec<(u64, String)> {
    let mut engine = Engine::new(ScheduleLimits::new());
    let mut ran = Vec::new();
    let mut note = |now: TimeTag, message: DueMessage<'_>| {
        assert!(!message.due.is_after(now), "never early");
        ran.push(((now.0 >> 32) - 1_000_000, message.message.address().to_owned()));
    };
    for second in 0..=until {
        let now = at(second);
        while let Some(unit) = engine.handle_timeout(now) {
            unit.messages().for_each(|message| note(now, message));
        }
        for (_, packet) in packets.iter().filter(|(arrival, _)| *arrival == second) {
            let handled = handle(&mut engine, second, packet, Timing::new());
            handled.due_now(packet.view()).for_each(|message| note(now, message));
        }
    }
    assert!(engine.schedule().is_empty());
    ran
}

fn expect(packets: &[(u64, Packet)], expected: &[(u64, &str)]) {
    let ran = run(packets, 20);
    let ran: Vec<_> = ran.iter().map(|(second, address)| (*second, address.as_str())).collect();
    assert_eq!(ran, expected);
}

#[test]
fn the_past_and_immediate_run_at_once_in_their_place() {
    let inner = Bundle::new(at(0), [message("/b")]).unwrap();
    let bundle = Bundle::builder(TimeTag::IMMEDIATE)
        .element(message("/a"))
        .element(inner)
        .element(message("/c"))
        .build()
        .unwrap();
    expect(&[(3, bundle.into())], &[(3, "/a"), (3, "/b"), (3, "/c")]);
}

#[test]
fn nested_bundles_have_their_own_time_but_never_before_their_parents() {
    let earlier = Bundle::new(at(2), [message("/earlier")]).unwrap();
    let immediate = Bundle::new(TimeTag::IMMEDIATE, [message("/immediate")]).unwrap();
    let deep = Bundle::new(at(7), [message("/deep")]).unwrap();
    let later = Bundle::builder(at(9)).element(message("/later")).element(deep).build().unwrap();
    let bundle = Bundle::builder(at(5))
        .element(message("/first"))
        .element(earlier)
        .element(later)
        .element(immediate)
        .element(message("/last"))
        .build()
        .unwrap();
    let order = [
        (5, "/first"),
        (5, "/earlier"),
        (5, "/immediate"),
        (5, "/last"),
        (9, "/later"),
        (9, "/deep"),
    ];
    expect(&[(1, bundle.clone().into())], &order);
    let late = [
        (6, "/first"),
        (6, "/earlier"),
        (6, "/immediate"),
        (6, "/last"),
        (9, "/later"),
        (9, "/deep"),
    ];
    expect(&[(6, bundle.into())], &late);
}

#[test]
fn earlier_bundles_overtake_and_equal_ones_do_not() {
    let bundle =
        |second, address| Packet::from(Bundle::new(at(second), [message(address)]).unwrap());
    let nested = Bundle::builder(at(3))
        .element(Bundle::new(at(8), [message("/nested")]).unwrap())
        .build()
        .unwrap();
    let packets = [
        (0, bundle(8, "/one")),
        (0, nested.into()),
        (1, bundle(4, "/four")),
        (2, bundle(8, "/two")),
    ];
    expect(&packets, &[(4, "/four"), (8, "/one"), (8, "/nested"), (8, "/two")]);
}

#[test]
fn a_packet_that_does_not_fit_is_refused_as_a_whole() {
    let mut engine = Engine::new(ScheduleLimits::new().count(1));
    let inner = Bundle::new(at(9), [message("/inner")]).unwrap();
    let bundle = Packet::from(Bundle::builder(at(5)).element(inner).build().unwrap());
    let handled = handle(&mut engine, 0, &bundle, Timing::new());
    assert_eq!(handled.refused, Some((2, Overflow::Count { limit: 1 })));
    assert!(engine.schedule().is_empty());
}

/// `/a` at 5, and in it `/b` at 9 and `/c` at 2, which is before its parent.
fn three() -> Packet {
    let later = Bundle::new(at(9), [message("/b")]).unwrap();
    let earlier = Bundle::new(at(2), [message("/c")]).unwrap();
    Bundle::builder(at(5))
        .element(message("/a"))
        .element(later)
        .element(earlier)
        .build()
        .unwrap()
        .into()
}

/// What runs of [`three`] when it arrives at a second: address, time tag, when it was due.
fn now_of_three(second: u64, timing: Timing) -> (Handled, Vec<(String, TimeTag, TimeTag)>) {
    let mut engine = Engine::new(ScheduleLimits::new());
    let packet = three();
    let handled = handle(&mut engine, second, &packet, timing);
    assert_eq!(engine.schedule().len(), handled.scheduled);
    let ran = handled.due_now(packet.view());
    (handled, ran.map(|it| (it.message.address().to_owned(), it.time_tag, it.due)).collect())
}

fn ran(messages: &[(&str, TimeTag, TimeTag)]) -> Vec<(String, TimeTag, TimeTag)> {
    messages.iter().map(|&(address, tag, due)| (address.to_owned(), tag, due)).collect()
}

#[test]
fn time_policies_run_all_at_once_with_or_without_the_tags() {
    let none = TimeTag::IMMEDIATE;
    let (handled, now) = now_of_three(1, Timing::new().time(TimePolicy::Ignore));
    assert_eq!(now, ran(&[("/a", none, none), ("/b", none, none), ("/c", none, none)]));
    assert_eq!((handled.scheduled, handled.refused), (0, None));

    let offset = TimeOffset::ahead(Duration::from_secs(1));
    let timing = Timing::new().time(TimePolicy::HandOver).offset(offset);
    let (handled, now) = now_of_three(1, timing);
    let all = [("/a", at(5), at(6)), ("/b", at(9), at(10)), ("/c", at(5), at(6))];
    assert_eq!(now, ran(&all));
    assert_eq!(handled.scheduled, 0);
}

#[test]
fn what_is_before_its_parent_is_counted() {
    let (handled, now) = now_of_three(5, Timing::new());
    assert_eq!((handled.scheduled, handled.disordered, handled.late), (1, 1, 0));
    assert_eq!(now, ran(&[("/a", at(5), at(5)), ("/c", at(5), at(5))]));
}

#[test]
fn late_bundles_are_dropped_with_all_that_is_in_them() {
    let second = Duration::from_secs(1);
    let timing = Timing::new().late(LatePolicy::DropAfter(second));
    let (handled, now) = now_of_three(6, timing);
    assert_eq!((handled.late, handled.scheduled, now.len()), (0, 1, 2));
    let (handled, now) = now_of_three(7, timing);
    assert_eq!((handled.late, handled.scheduled, now.len()), (3, 0, 0));
    // By the sender's clock it is not late at all.
    let offset = TimeOffset::ahead(2 * second);
    let (handled, now) = now_of_three(7, timing.offset(offset));
    assert_eq!((handled.late, handled.scheduled), (0, 1));
    assert_eq!(now, ran(&[("/a", at(5), at(7)), ("/c", at(5), at(7))]));

    let immediate = Bundle::builder(TimeTag::IMMEDIATE).element(three()).build().unwrap().into();
    let mut engine = Engine::new(ScheduleLimits::new());
    let handled = handle(&mut engine, 100, &immediate, timing);
    assert_eq!((handled.late, handled.due_now(immediate.view()).count()), (0, 3));
}

#[test]
fn an_offset_moves_when_bundles_run_and_not_what_handlers_see() {
    for (offset, seconds) in [
        (TimeOffset::ahead(Duration::from_secs(3)), [8, 12]),
        (TimeOffset::behind(Duration::from_secs(3)), [2, 6]),
    ] {
        let mut engine = Engine::new(ScheduleLimits::new());
        let handled = handle(&mut engine, 0, &three(), Timing::new().offset(offset));
        assert_eq!(handled.scheduled, 2);
        for (second, tag) in seconds.into_iter().zip([at(5), at(9)]) {
            assert_eq!(engine.next_timeout(), Some(at(second)));
            assert!(engine.handle_timeout(at(second - 1)).is_none());
            let unit = engine.handle_timeout(at(second)).unwrap();
            assert_eq!((unit.due, unit.time_tag()), (at(second), tag));
            for message in unit.messages() {
                assert_eq!((message.time_tag, message.due), (tag, at(second)));
                assert_eq!(message.lateness(at(second + 1)), Duration::from_secs(1));
                assert_eq!(message.lateness(at(second - 1)), Duration::ZERO);
            }
        }
    }
}

#[test]
fn what_waits_can_be_run_or_dropped_before_its_time() {
    let mut engine = Engine::new(ScheduleLimits::new());
    assert_eq!(handle(&mut engine, 0, &three(), Timing::new()).scheduled, 2);
    let mut order = Vec::new();
    while let Some(unit) = engine.pop_pending() {
        order.extend(unit.messages().map(|message| message.message.address().to_owned()));
    }
    assert_eq!(order, ["/a", "/c", "/b"]);
    assert_eq!(handle(&mut engine, 0, &three(), Timing::new()).scheduled, 2);
    assert_eq!((engine.drop_pending(), engine.next_timeout()), (2, None));
}

/// `(` begins a bundle, `)` ends it.
fn tell<'a>(steps: impl Iterator<Item = RunStep<'a>>) -> String {
    steps
        .map(|step| match step {
            RunStep::Start { time_tag, .. } if time_tag.is_immediate() => "now( ".to_owned(),
            RunStep::Start { time_tag, .. } => format!("{}( ", (time_tag.0 >> 32) - 1_000_000),
            RunStep::Message(message) => format!("{} ", message.message.address()),
            RunStep::End { .. } => ") ".to_owned(),
        })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[test]
fn bundles_begin_and_end_when_they_run() {
    let empty = || Bundle::new(at(1), [Packet::from(message("/x"))]).unwrap();
    let nothing = Bundle::builder(TimeTag::IMMEDIATE).build().unwrap();
    let packet: Packet = Bundle::builder(TimeTag::IMMEDIATE)
        .element(nothing.clone())
        .element(three())
        .element(message("/d"))
        .element(Bundle::builder(at(1)).element(empty()).build().unwrap())
        .build()
        .unwrap()
        .into();
    let mut engine = Engine::new(ScheduleLimits::new());
    let handled = handle(&mut engine, 3, &packet, Timing::new());
    assert_eq!(tell(handled.steps_now(packet.view())), "now( now( ) /d 1( 1( /x ) ) )");
    assert_eq!(tell(engine.handle_timeout(at(5)).unwrap().steps()), "5( /a 5( /c ) )");
    assert_eq!(tell(engine.handle_timeout(at(9)).unwrap().steps()), "9( /b )");
    let handled = handle(&mut engine, 3, &packet, Timing::new().time(TimePolicy::Ignore));
    let all = "now( now( ) now( /a now( /b ) now( /c ) ) /d now( now( /x ) ) )";
    assert_eq!(tell(handled.steps_now(packet.view())), all);
    let alone = Packet::from(message("/alone"));
    let handled = handle(&mut engine, 3, &alone, Timing::new());
    assert_eq!(tell(handled.steps_now(alone.view())), "/alone");
}

#[test]
fn the_seconds_wrap_and_nobody_notices() {
    let before = TimeTag(u64::MAX << 32);
    let after = |seconds| before + Duration::from_secs(seconds);
    let inner = Bundle::new(after(3), [message("/after")]).unwrap();
    let packet: Packet = Bundle::builder(after(0))
        .element(inner)
        .element(message("/before"))
        .build()
        .unwrap()
        .into();
    let mut engine = Engine::new(ScheduleLimits::new());
    let now = before - Duration::from_secs(1);
    let handled = engine.handle_packet(now, packet.view(), &(), Instant::now(), Timing::new());
    assert_eq!((handled.scheduled, handled.disordered), (2, 0));
    assert_eq!(engine.next_timeout(), Some(before));
    assert_eq!(tell(engine.handle_timeout(before).unwrap().steps()).split('(').count(), 2);
    assert!(engine.handle_timeout(after(2)).is_none());
    let unit = engine.handle_timeout(after(4)).unwrap();
    let message = unit.messages().next().unwrap();
    assert_eq!(message.message.address(), "/after");
    assert_eq!(message.lateness(after(4)), Duration::from_secs(1));
    // Seen from behind the wrap, what is before it is late.
    let late = Timing::new().late(LatePolicy::DropAfter(Duration::from_secs(3)));
    let handled = engine.handle_packet(after(4), packet.view(), &(), Instant::now(), late);
    assert_eq!(handled.late, 2);
}
