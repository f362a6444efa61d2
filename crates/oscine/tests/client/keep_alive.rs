//! Packets that are sent again and again.

use std::time::Duration;

use oscine::{AddressSpace, Client, Server};
use tokio::time::{Instant, sleep};

use crate::common::log::log;
use crate::common::{LOOPBACK, Running, within};
use crate::line::{Line, pipe};

const EVERY: Duration = Duration::from_secs(9);

fn expect(timed: &[(u128, String)], expected: &[(u128, &str)]) {
    let timed: Vec<_> = timed.iter().map(|(at, text)| (*at, text.as_str())).collect();
    assert_eq!(timed, expected);
}

#[tokio::test(start_paused = true)]
async fn a_packet_is_sent_at_once_and_then_every_so_often() {
    let (mut client, mut far) = pipe(4096);
    let start = Instant::now();
    client.keep_alive(("/xremote", ()), EVERY).unwrap();
    client.keep_alive(("/meters", 1), EVERY * 2).unwrap();
    client.on_connect(("/hello", ())).unwrap();
    let mut first = far.timed(start, 3).await;
    first.sort();
    expect(&first, &[(0, "/hello ,"), (0, "/meters ,i 1"), (0, "/xremote ,")]);
    let mut later = far.timed(start, 4).await;
    later.sort();
    // The runtime's timer has steps of a millisecond, rounded up.
    let at = |count: u128| count * 9_000;
    for ((time, text), (expected, name)) in later.iter().zip([
        (at(1), "/xremote ,"),
        (at(2), "/meters ,i 1"),
        (at(2), "/xremote ,"),
        (at(3), "/xremote ,"),
    ]) {
        assert!((expected..expected + 10).contains(time), "{later:?}");
        assert_eq!(text, name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_held_up_is_not_made_up_for() {
    // The pipe takes nothing until the far end is read.
    let (mut client, mut far) = pipe(16);
    client.keep_alive(("/xremote", ()), EVERY).unwrap();
    sleep(EVERY * 3 - Duration::from_secs(1)).await;
    let start = Instant::now();
    let timed = far.timed(start, 6).await;
    // What the pipe and the client's buffer held, and from then on one at a time.
    let gaps: Vec<_> = timed.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(gaps[2..].iter().all(|gap| (9_000..9_010).contains(gap)), "{timed:?}");
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_it_is_stopped_and_with_the_client() {
    let (mut client, mut far) = pipe(4096);
    let start = Instant::now();
    let first = client.keep_alive(("/first", ()), EVERY).unwrap();
    expect(&far.timed(start, 1).await, &[(0, "/first ,")]);
    first.stop();
    drop(client.keep_alive(("/second", ()), EVERY).unwrap());
    for _ in 0..3 {
        assert_eq!(far.next().await.to_string(), "/second ,");
    }
    drop(client);
    far.end().await;
}

#[tokio::test(start_paused = true)]
async fn closing_ends_it_and_may_be_done_twice() {
    let (mut client, mut far) = pipe(4096);
    client.keep_alive(("/xremote", ()), EVERY).unwrap();
    assert_eq!(far.next().await.to_string(), "/xremote ,");
    within(client.close()).await.unwrap();
    within(client.close()).await.unwrap();
    far.end().await;
    // What is kept up from then on is not.
    client.keep_alive(("/late", ()), EVERY).unwrap();
    far.end().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_reconnect_it_is_sent_at_once() {
    let (mut client, line) = Line::standard();
    client.keep_alive(("/xremote", ()), EVERY).unwrap();
    client.on_connect(("/subscribe", "all")).unwrap();
    for _ in 0..3 {
        // While there is no connection none is queued, however long it takes.
        line.refuse();
        sleep(EVERY * 5 / 2).await;
        let mut far = line.accept();
        within(client.connected()).await;
        let start = Instant::now();
        let mut both = far.timed(start, 2).await;
        both.sort_by(|one, other| one.1.cmp(&other.1));
        expect(&both, &[(0, r#"/subscribe ,s "all""#), (0, "/xremote ,")]);
        let (at, text) = far.timed(start, 1).await.remove(0);
        assert!((9_000..9_010).contains(&at) && text == "/xremote ,", "{at} {text}");
        drop(far);
        while client.state().unwrap().is_connected() {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn over_udp_they_are_counted() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    space.method("/xremote", pen.handler("kept")).unwrap();
    let server = Running::bind(Server::builder().udp(LOOPBACK).address_space(space)).await;
    let mut client = server.udp_client().await;
    let start = Instant::now();
    let every = Duration::from_millis(10);
    client.keep_alive(("/xremote", ()), every).unwrap();
    assert_eq!(log.take(8).await, vec!["kept"; 8]);
    // None comes before its time.
    assert!(start.elapsed() >= every * 7);
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_encoded_is_refused_and_zero_is_a_millisecond() {
    let server = Running::start(AddressSpace::new()).await;
    let mut client: Client = server.udp_client().await;
    assert!(client.keep_alive(("no slash", ()), EVERY).is_err());
    assert!(client.on_connect(("/nul", "\0")).is_err());
    client.keep_alive(("/zero", ()), Duration::ZERO).unwrap();
    client.keep_alive(("/never", ()), Duration::MAX).unwrap();
    while client.stats().sent < 4 {
        sleep(Duration::from_millis(1)).await;
    }
    drop(client);
    server.stop().await;
}
