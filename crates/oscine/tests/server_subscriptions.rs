//! Messages as streams beside the handlers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::iter;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use common::timed::HOUR;
use common::{FRAMINGS, LOOPBACK, Running, within};
use futures::{FutureExt, Stream, StreamExt};
use oscine::{
    AddressSpace, Bundle, Clock, Message, Packet, Peer, Server, ServerBuilder, ServerHandle,
    Subscription, TimeTag,
};
use tokio::task::unconstrained;

/// How many messages wait for a reader.
const CAPACITY: usize = 1024;

fn builder() -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK)
}

async fn start() -> Running {
    Running::bind(builder()).await
}

async fn run(handle: &ServerHandle, address: &str, number: i32) {
    within(handle.dispatch((address, number))).await.unwrap();
}

/// What waits in a stream, as text.
fn waiting(subscription: &mut Subscription) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(Some(delivery)) = unconstrained(subscription.next()).now_or_never() {
        all.push(delivery.message.to_string());
    }
    all
}

async fn ended(mut stream: impl Stream + Unpin) {
    assert!(within(stream.next()).await.is_none());
    assert!(within(stream.next()).await.is_none());
}

#[tokio::test]
async fn patterns_meet_addresses_both_ways() {
    let server = start().await;
    for (subscribed, sent, caught) in [
        ("/mixer/1/gain", "/mixer/1/gain", true),
        ("/mixer/1/gain", "/mixer/2/gain", false),
        ("/mixer/*/gain", "/mixer/2/gain", true),
        ("/mixer/*/gain", "/mixer/2/pan", false),
        ("/mixer/*", "/mixer/2/gain", false),
        ("//gain", "/mixer/2/gain", true),
        ("//*", "/anything/at/all", true),
        ("/mixer/1/gain", "/mixer/*/gain", true),
        ("/mixer/1/gain", "/mixer/{2,3}/gain", false),
        ("/mixer/[12]/gain", "/mixer/{2,3}/gain", true),
        ("/mixer/[12]/gain", "/mixer/[34]/gain", false),
        ("/mixer/1/gain", "//gain", true),
        // A pattern that is broken meets nothing.
        ("//*", "/mixer/[/gain", false),
    ] {
        let mut subscription = server.handle.subscribe(subscribed).unwrap();
        within(server.handle.dispatch((sent, 1))).await.unwrap();
        let count = waiting(&mut subscription).len();
        assert_eq!(count, usize::from(caught), "{subscribed} and {sent}");
    }
    assert!(server.handle.subscribe("no address").is_err());
    assert!(server.handle.subscribe_as::<i32>("/[").is_err());
    server.stop().await;
}

#[tokio::test]
async fn a_delivery_tells_who_sent_what_for_when() {
    let (clock, hand) = Clock::simulated(TimeTag::from_unix(1_600_000_000, 0));
    let server = Running::bind(builder().clock(clock.clone())).await;
    let mut all = server.handle.subscribe("//*").unwrap();
    let before = std::time::Instant::now();
    for client in [server.udp_client().await, server.tcp_client(FRAMINGS[1]).await] {
        let due = clock.now() + HOUR;
        let nested = Bundle::new(due, [Message::new("/later", 2).unwrap()]).unwrap();
        let elements = [Message::new("/now", 1).unwrap().into(), Packet::from(nested)];
        client.send(Bundle::new(TimeTag::IMMEDIATE, elements)).await.unwrap();
        client.send(("/plain", 3)).await.unwrap();
        for (address, number, tag) in
            [("/now", 1, TimeTag::IMMEDIATE), ("/plain", 3, TimeTag::IMMEDIATE), ("/later", 2, due)]
        {
            if address == "/later" {
                assert!(all.next().now_or_never().is_none(), "it is shown when it runs");
                hand.advance(HOUR);
            }
            let delivery = within(all.next()).await.unwrap();
            assert_eq!(delivery.message, Message::new(address, number).unwrap());
            assert_eq!((delivery.time_tag, delivery.peer.addr()), (tag, client.local_addr()));
            assert!(delivery.received_at >= before);
        }
    }
    run(&server.handle, "/local", 4).await;
    assert_eq!(within(all.next()).await.unwrap().peer, Peer::Local);
    server.stop().await;
}

#[tokio::test]
async fn values_of_one_type() {
    let server = start().await;
    let mut pairs = server.handle.subscribe_as::<(f32, i32)>("/xy").unwrap();
    let mut texts = server.handle.subscribe_as::<String>("/xy").unwrap();
    for packet in [
        Message::new("/xy", (0.5_f32, 1)),
        Message::new("/xy", "text"),
        Message::new("/xy", 1),
        Message::new("/xy", (2, 3.0_f32)),
        Message::new("/other", (0.5_f32, 1)),
    ] {
        within(server.handle.dispatch(packet)).await.unwrap();
    }
    server.stop().await;
    assert_eq!(within(pairs.next()).await, Some((0.5, 1)));
    assert_eq!(pairs.passed_over(), 0);
    assert_eq!(within(pairs.next()).await, Some((2.0, 3)));
    assert_eq!((pairs.passed_over(), pairs.missed()), (2, 0));
    assert_eq!(within(texts.next()).await.as_deref(), Some("text"));
    ended(&mut pairs).await;
    ended(&mut texts).await;
    assert_eq!((pairs.passed_over(), texts.passed_over()), (2, 3));
}

#[tokio::test]
async fn of_more_than_wait_the_oldest_go_and_are_counted() {
    const MORE: usize = 7;
    let server = start().await;
    let mut slow = server.handle.subscribe("/count").unwrap();
    let mut quick = server.handle.subscribe("/count").unwrap();
    let mut typed = server.handle.subscribe_as::<i32>("/count").unwrap();
    for number in 0..CAPACITY + MORE {
        let number = i32::try_from(number).unwrap();
        run(&server.handle, "/count", number).await;
        let delivery = within(quick.next()).await.unwrap();
        assert_eq!(delivery.message.args().parse(), Ok(number));
        if number == 99 {
            assert_eq!(slow.missed(), 0);
        }
    }
    assert_eq!((slow.missed(), quick.missed(), typed.missed()), (7, 0, 7));
    assert_eq!(within(typed.next()).await, Some(7));
    let waiting = waiting(&mut slow);
    assert_eq!(waiting.len(), CAPACITY);
    let message =
        |number: usize| Message::new("/count", i32::try_from(number).unwrap()).unwrap().to_string();
    assert_eq!(waiting[0], message(MORE));
    assert_eq!(waiting[CAPACITY - 1], message(CAPACITY + MORE - 1));
    server.stop().await;
}

#[tokio::test]
async fn a_reader_gives_way_to_other_tasks() {
    let server = start().await;
    let mut all = server.handle.subscribe("/count").unwrap();
    let mut misfits = server.handle.subscribe_as::<String>("/count").unwrap();
    for number in 0..1000 {
        run(&server.handle, "/count", number).await;
    }
    // In one turn of a task neither comes to the end of what waits.
    tokio::task::yield_now().await;
    let read = iter::from_fn(|| all.next().now_or_never()).count();
    assert!(read < 1000, "{read} were read in one turn");
    tokio::task::yield_now().await;
    assert!(misfits.next().now_or_never().is_none());
    assert!(misfits.passed_over() < 1000);
    // The rest is there in the turns after it.
    for _ in read..1000 {
        within(all.next()).await.unwrap();
    }
    server.stop().await;
    assert_eq!(within(misfits.next()).await, None);
    assert_eq!(misfits.passed_over(), 1000);
}

#[tokio::test]
async fn one_that_is_dropped_takes_nothing_from_the_others() {
    let server = start().await;
    let mut kept = server.handle.subscribe("/a").unwrap();
    for number in 0..10 {
        let dropped = server.handle.subscribe("/a").unwrap();
        run(&server.handle, "/a", number).await;
        drop(dropped);
    }
    assert_eq!(waiting(&mut kept).len(), 10);
    server.stop().await;
}

#[tokio::test]
async fn a_reader_is_woken_by_what_arrives_and_by_the_end() {
    let server = start().await;
    let subscription = server.handle.subscribe("/a").unwrap();
    let reader = tokio::spawn(subscription.map(|it| it.message.to_string()).collect::<Vec<_>>());
    let client = server.udp_client().await;
    let mut expected = Vec::new();
    for number in 0..100 {
        client.send(("/a", number)).await.unwrap();
        expected.push(Message::new("/a", number).unwrap().to_string());
        if number % 10 == 9 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    common::until(|| server.handle.stats().messages == 100).await;
    server.stop().await;
    assert_eq!(within(reader).await.unwrap(), expected);
}

/// What waits can be read after the end, however the server has ended.
#[tokio::test]
async fn subscriptions_end_with_the_server() {
    for way in ["stopped", "aborted", "served and dropped", "dropped", "never served"] {
        let server = builder().bind().await.unwrap();
        let handle = server.handle();
        let mut early = handle.subscribe("/a").unwrap();
        let typed = handle.subscribe_as::<i32>("/a").unwrap();
        let mut one = false;
        match way {
            "stopped" | "aborted" => {
                let task = tokio::spawn(server.serve().into_future());
                run(&handle, "/a", 1).await;
                one = true;
                match way {
                    "stopped" => handle.stop(),
                    _ => task.abort(),
                }
                let _ = within(task).await;
            }
            "served and dropped" => drop(server.serve().into_future()),
            "dropped" => drop(server),
            _ => drop(server.serve()),
        }
        within(handle.stopped()).await;
        assert_eq!(waiting(&mut early).len(), usize::from(one), "{way}");
        ended(early).await;
        assert_eq!(within(typed.collect::<Vec<_>>()).await.len(), usize::from(one), "{way}");
        // So do those that are made later.
        ended(handle.subscribe("/a").unwrap()).await;
        ended(handle.subscribe_as::<i32>("/a").unwrap()).await;
    }
}

#[tokio::test]
async fn a_handler_may_subscribe_read_and_drop() {
    let own = Arc::new(OnceLock::<ServerHandle>::new());
    let held = Arc::new(Mutex::new(None::<Subscription>));
    let space = AddressSpace::new();
    let (handle, hold) = (Arc::clone(&own), Arc::clone(&held));
    let listen = move || {
        *hold.lock().unwrap() = Some(handle.get().unwrap().subscribe("//*").unwrap());
    };
    space.method("/listen", listen).unwrap();
    let take = Arc::clone(&held);
    let ask = move || {
        let mut held = take.lock().unwrap().take().unwrap();
        ("/heard", i32::try_from(waiting(&mut held).len()).unwrap())
    };
    space.method("/ask", ask).unwrap();
    let server = Running::bind(builder().address_space(space)).await;
    own.set(server.handle.clone()).unwrap();
    let client = server.udp_client().await;
    for _ in 0..3 {
        client.send(("/listen", ())).await.unwrap();
        client.send(("/a", ())).await.unwrap();
        // It hears of what comes after the message that made it, the question among it.
        let heard = within(client.request(("/ask", ()), "/heard")).await.unwrap();
        assert_eq!(heard.args().parse(), Ok(2));
    }
    server.stop().await;
}

#[tokio::test]
async fn what_waits_for_a_reader_is_bounded_in_bytes() {
    const MIB: usize = 1 << 20;
    let server = start().await;
    let mut all = server.handle.subscribe("//*").unwrap();
    let mut small = server.handle.subscribe("/small").unwrap();
    let send = async |address: &str, bytes: usize| {
        let message = Message::new(address, vec![7_u8; bytes]).unwrap();
        within(server.handle.dispatch(message)).await.unwrap();
    };
    for _ in 0..40 {
        send("/large", MIB).await;
        send("/small", 1).await;
    }
    // Fifteen fit, as each is a little longer than a mebibyte.
    assert!((20..30).contains(&(all.missed() / 2)), "{} missed", all.missed());
    assert_eq!(small.missed(), 0);
    let mut bytes = 0;
    let mut count = 0;
    while let Some(Some(delivery)) = unconstrained(all.next()).now_or_never() {
        bytes += delivery.message.as_bytes().len();
        count += 1;
    }
    assert!(bytes <= 16 * MIB && bytes > 14 * MIB, "{bytes} bytes");
    assert_eq!(count + all.missed(), 80);
    assert_eq!(waiting(&mut small).len(), 40);
    // One that is too long for all that waits together waits alone.
    send("/small", 1).await;
    send("/huge", 17 * MIB).await;
    let missed = all.missed();
    assert_eq!(waiting(&mut all).len(), 1);
    send("/small", 1).await;
    assert_eq!((waiting(&mut all).len(), all.missed()), (1, missed));
    server.stop().await;
}
