//! Simulated time, and how late bundles run.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::log::{Log, Pen, log};
use common::timed::{HOUR, bundle};
use common::{LOOPBACK, Running, never, within};
use oscine::{
    AddressSpace, Clock, Lateness, LatenessStats, Server, SimulatedClock, TimeOffset, TimeTag,
};

const START: TimeTag = TimeTag::from_unix(1_600_000_000, 0);
const SECOND: Duration = Duration::from_secs(1);

fn lateness_space(pen: &Pen) -> AddressSpace {
    let (space, pen) = (AddressSpace::new(), pen.clone());
    let note = move |name: String, late: Lateness| pen.note(format!("{name} {:?}", late.0));
    space.method("/note", note).unwrap();
    space
}

async fn start() -> (Running, SimulatedClock, Log) {
    let (pen, log) = log();
    let (clock, hand) = Clock::simulated(START);
    let builder = Server::builder().udp(LOOPBACK).clock(clock);
    (Running::bind(builder.address_space(lateness_space(&pen))).await, hand, log)
}

async fn run(server: &Running, at: TimeTag, name: &str) {
    within(server.handle.dispatch(bundle(at, &[name]))).await.unwrap();
}

#[tokio::test]
async fn bundles_run_when_time_has_come_and_not_before() {
    let (server, hand, mut log) = start().await;
    assert_eq!(server.handle.clock().now(), START);
    for (seconds, name) in [(10, "ten"), (5, "five"), (3600, "hour")] {
        run(&server, START + seconds * SECOND, name).await;
    }
    let released = || server.handle.stats().released;
    hand.advance(5 * SECOND - Duration::from_nanos(10));
    never(|| released() > 0).await;
    hand.advance(Duration::from_nanos(20));
    assert_eq!(log.next().await.split(' ').next(), Some("five"));
    hand.set(START + 9 * SECOND);
    // Time does not go back, and no step of the wall clock moves what waits.
    hand.set(START);
    hand.step_wall(TimeOffset::ahead(24 * HOUR));
    never(|| released() > 1).await;
    hand.set(START + HOUR);
    assert_eq!(log.take(2).await, ["ten 3590s", "hour 0ns"]);
    assert_eq!(server.handle.clock().now(), START + HOUR);
    assert_eq!(server.stop().await.released, 3);
}

#[tokio::test]
async fn many_bundles_run_in_the_order_of_their_times() {
    const COUNT: u64 = 500;
    let (server, hand, mut log) = start().await;
    let due = |number: u64| START + SECOND + Duration::from_millis(number);
    // 7 and 500 have no divisor in common, so each comes once.
    for number in (0..COUNT).map(|number| number * 7 % COUNT) {
        run(&server, due(number), &number.to_string()).await;
    }
    for number in 0..COUNT {
        hand.set(due(number));
        assert_eq!(log.next().await, format!("{number} 0ns"));
        never_more(&server, number + 1).await;
    }
    server.stop().await;
}

/// No more than so many have run.
async fn never_more(server: &Running, released: u64) {
    within(server.handle.dispatch(("/nobody", ()))).await.unwrap();
    assert_eq!(server.handle.stats().released, released);
}

#[tokio::test]
async fn lateness_is_counted_for_what_has_waited() {
    let (server, hand, mut log) = start().await;
    assert_eq!(server.handle.lateness().stats(), LatenessStats::default());
    assert_eq!(server.handle.lateness().quantile(0.5), Duration::ZERO);
    // What did not wait does not count, however late it is.
    run(&server, START - SECOND, "late").await;
    run(&server, TimeTag::IMMEDIATE, "now").await;
    assert_eq!(log.take(2).await, ["late 1s", "now 0ns"]);
    assert_eq!(server.handle.lateness().bundles(), 0);
    for late in [0, 1, 2, 3, 4, 5, 6, 7, 8, 100] {
        run(&server, START + HOUR - late * SECOND, "waits").await;
    }
    // What is taken out of line is not late.
    run(&server, START + SECOND, "never").await;
    let first = server.handle.pending().remove(0);
    assert!(server.handle.cancel(first.key));
    hand.advance(HOUR);
    log.take(10).await;
    let histogram = server.handle.lateness();
    let stats = histogram.stats();
    assert_eq!((histogram.bundles(), stats.bundles, stats.min), (10, 10, Duration::ZERO));
    let near =
        |value: Duration, seconds: u32| value.abs_diff(seconds * SECOND) * 50 < seconds * SECOND;
    assert!(near(stats.p50, 4) && near(stats.p99, 100) && near(stats.max, 100), "{stats:?}");
    assert!(near(histogram.quantile(0.9), 8), "{histogram:?}");
    for first in [Duration::ZERO, Duration::from_millis(1), HOUR, Duration::MAX] {
        let ranges: Vec<_> = histogram.doubling(first).take(1000).collect();
        assert_eq!(ranges.iter().map(|(_, count)| count).sum::<u64>(), 10, "from {first:?}");
    }
    assert_eq!(server.stop().await.lateness, stats);
}

#[tokio::test]
async fn bundles_that_are_run_ahead_of_their_time_are_not_late() {
    let (server, _hand, mut log) = start().await;
    for _ in 0..3 {
        run(&server, START + HOUR, "ahead").await;
    }
    server.handle.run_pending();
    assert_eq!(log.take(3).await, ["ahead 0ns", "ahead 0ns", "ahead 0ns"]);
    let stats = server.stop().await;
    assert_eq!((stats.lateness.bundles, stats.lateness.max), (3, Duration::ZERO));
}

#[tokio::test]
async fn the_system_clock_counts_too_and_nothing_is_early() {
    let (space, mut log) = common::timed::noting_space();
    let builder = Server::builder().udp(LOOPBACK).address_space(space);
    let builder =
        builder.precision(Duration::from_micros(100)).late_slack(Duration::from_millis(5));
    let server = Running::bind(builder).await;
    for millis in [30, 10, 20] {
        let due = common::timed::now() + Duration::from_millis(millis);
        run(&server, due, &millis.to_string()).await;
    }
    assert_eq!(log.take(3).await, ["10", "20", "30"]);
    let lateness = server.stop().await.lateness;
    assert_eq!(lateness.bundles, 3);
    assert!(lateness.min <= lateness.p50 && lateness.p50 <= lateness.max, "{lateness:?}");
}
