//! What waits: it holds up nothing, and there is only so much of it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::time::Duration;

use common::timed::{HOUR, bundle, note, noting_space, now};
use common::{FRAMINGS, LOOPBACK, Running};
use oscine::{Bundle, ScheduleLimits, Server, TimeTag};

#[tokio::test]
async fn a_bundle_far_ahead_holds_up_neither_receiving_nor_stopping() {
    let (space, mut log) = noting_space();
    let server = Running::start(space).await;
    let udp = server.udp_client().await;
    let tcp = server.tcp_client(FRAMINGS[0]).await;
    udp.send(bundle(now() + HOUR, &["in an hour"])).await.unwrap();
    tcp.send(bundle(now() + 20 * HOUR, &["tomorrow"])).await.unwrap();
    for name in ["1", "2", "3"] {
        udp.send(note(name)).await.unwrap();
        assert_eq!(log.next().await, name);
        tcp.send_bundle(Duration::from_millis(5), [note(name)]).await.unwrap();
        assert_eq!(log.next().await, name);
    }
    let stats = server.stop().await;
    assert_eq!(stats.dropped_at_stop, 2);
    assert_eq!(stats.scheduled, stats.released + 2);
}

/// Sends bundles of 36 bytes for later; compares how many were put in line and how many refused.
async fn check_limits(limits: ScheduleLimits, ahead: &[Duration], expected: (u64, u64)) {
    let (space, mut log) = noting_space();
    let builder = Server::builder().udp(LOOPBACK).address_space(space).schedule_limits(limits);
    let server = Running::bind(builder).await;
    let client = server.udp_client().await;
    for ahead in ahead {
        let packet = bundle(now() + *ahead, &["x"]);
        assert_eq!(packet.as_bytes().len(), 36);
        client.send(packet).await.unwrap();
    }
    client.send(note("end")).await.unwrap();
    assert_eq!(log.next().await, "end", "with {limits:?}");
    let stats = server.stop().await;
    assert_eq!((stats.scheduled, stats.schedule_refused), expected, "with {limits:?}");
    assert_eq!(stats.dropped_at_stop, stats.scheduled);
}

#[tokio::test]
async fn what_is_beyond_a_limit_of_the_schedule_is_refused_and_counted() {
    let limits = ScheduleLimits::new;
    check_limits(limits(), &[HOUR; 5], (5, 0)).await;
    check_limits(limits().count(3), &[HOUR; 5], (3, 2)).await;
    check_limits(limits().count(0), &[HOUR; 5], (0, 5)).await;
    check_limits(limits().bytes(72), &[HOUR; 5], (2, 3)).await;
    check_limits(limits().bytes(35), &[HOUR; 5], (0, 5)).await;
    check_limits(limits().horizon(2 * HOUR), &[HOUR, 3 * HOUR, HOUR], (2, 1)).await;
    check_limits(limits(), &[23 * HOUR, 25 * HOUR, 24 * 365 * HOUR], (1, 2)).await;
}

#[tokio::test]
async fn of_a_packet_that_is_refused_what_is_due_runs() {
    let (space, mut log) = noting_space();
    let limits = ScheduleLimits::new().count(1);
    let builder = Server::builder().udp(LOOPBACK).address_space(space).schedule_limits(limits);
    let server = Running::bind(builder).await;
    let whole = Bundle::builder(TimeTag::IMMEDIATE)
        .element(note("1"))
        .element(bundle(now() + HOUR, &["later"]))
        .element(bundle(now() + HOUR, &["later"]))
        .element(note("2"));
    server.udp_client().await.send(whole.build()).await.unwrap();
    assert_eq!(log.take(2).await, ["1", "2"]);
    let stats = server.stop().await;
    assert_eq!((stats.scheduled, stats.schedule_refused), (0, 2));
}
