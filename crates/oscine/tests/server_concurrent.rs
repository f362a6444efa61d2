//! Handlers that run while other messages go on, and how they end.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::log::{Pen, log};
use common::wire::{Raw, frame, packet};
use common::{FRAMINGS, LOOPBACK, Running, never, until, within};
use futures::future::BoxFuture;
use oscine::transport::framing::FramingKind::{LengthPrefix, Slip};
use oscine::{AddressSpace, HandlerExt, OnError, ServeError, Server, ServerBuilder};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::yield_now;

fn builder(space: &AddressSpace) -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space.clone())
}

/// A handler that notes that it has begun, and answers when `gate` gives way.
fn waits(
    pen: &Pen,
    gate: &Arc<Semaphore>,
) -> impl Fn(i32) -> BoxFuture<'static, (&'static str, i32)> + use<> {
    let (pen, gate) = (pen.clone(), Arc::clone(gate));
    move |number: i32| {
        let (pen, gate) = (pen.clone(), Arc::clone(&gate));
        Box::pin(async move {
            pen.note(format!("begin {number}"));
            gate.acquire().await.unwrap().forget();
            ("/done", number)
        })
    }
}

/// `/meet` ends only when three of its calls are under way at once, and more never are.
async fn check_number(on_server: bool, on_method: bool) {
    const CALLS: i32 = 30;
    let (pen, mut log) = log();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (barrier, seen) = (Arc::new(Barrier::new(3)), Arc::clone(&most));
    let meet = move |number: i32| {
        let (pen, now) = (pen.clone(), Arc::clone(&now));
        let (seen, barrier) = (Arc::clone(&seen), Arc::clone(&barrier));
        async move {
            pen.note(number);
            seen.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            for _ in 0..10 {
                yield_now().await;
            }
            barrier.wait().await;
            now.fetch_sub(1, Ordering::Relaxed);
            ("/met", number)
        }
    };
    let space = AddressSpace::new();
    match on_method {
        true => space.method("/meet", meet.concurrent(3)).unwrap(),
        false => space.method("/meet", meet).unwrap(),
    };
    let builder = match (on_server, on_method) {
        (true, false) => builder(&space).concurrent(3),
        // The method's own number is what counts.
        (true, true) => builder(&space).concurrent(1),
        (false, _) => builder(&space),
    };
    let server = Running::bind(builder).await;
    let mut client = server.tcp_client(Slip).await;
    for number in 0..CALLS {
        client.send(("/meet", number)).await.unwrap();
    }
    let mut answers = Vec::new();
    for number in 0..CALLS {
        // They begin in order.
        assert_eq!(log.next().await, number.to_string());
        answers.push(within(client.recv()).await.unwrap());
    }
    for number in 0..CALLS {
        assert!(answers.contains(&packet("/met", number)), "{number}");
    }
    assert_eq!(most.load(Ordering::Relaxed), 3);
    assert_eq!(server.stop().await.calls, 30);
}

#[tokio::test]
async fn as_many_at_once_as_the_server_allows() {
    check_number(true, false).await;
}

#[tokio::test]
async fn as_many_at_once_as_the_method_allows() {
    check_number(false, true).await;
    check_number(true, true).await;
}

#[tokio::test]
async fn others_go_on_meanwhile_and_one_more_waits() {
    for on_server in [true, false] {
        let (pen, mut log) = log();
        let gate = Arc::new(Semaphore::new(0));
        let space = AddressSpace::new();
        space.method("/other", || ("/answer", ())).unwrap();
        let builder = match on_server {
            true => {
                space.method("/wait", waits(&pen, &gate)).unwrap();
                builder(&space).concurrent(2)
            }
            false => {
                space.method("/wait", waits(&pen, &gate).concurrent(2)).unwrap();
                builder(&space)
            }
        };
        let server = Running::bind(builder).await;
        let mut client = server.tcp_client(LengthPrefix).await;
        for number in [1, 2] {
            client.send(("/wait", number)).await.unwrap();
            assert_eq!(log.next().await, format!("begin {number}"));
            within(client.request(("/other", ()), "/answer")).await.unwrap();
        }
        client.send(("/wait", 3)).await.unwrap();
        client.send(("/other", ())).await.unwrap();
        never(|| server.handle.stats().sent > 2).await;
        gate.add_permits(1);
        assert_eq!(log.next().await, "begin 3");
        let mut answers = Vec::new();
        for _ in 0..2 {
            answers.push(within(client.recv()).await.unwrap());
        }
        assert!(answers.contains(&packet("/answer", ())), "{answers:?}");
        gate.add_permits(2);
        for _ in 0..2 {
            within(client.recv()).await.unwrap();
        }
        let stats = server.stop().await;
        assert_eq!((stats.calls, stats.sent), (6, 6));
    }
}

#[tokio::test]
async fn replies_of_calls_under_way_are_sent_before_the_connection_is_closed() {
    for stops in [true, false] {
        for framing in FRAMINGS {
            let (pen, mut log) = log();
            let gate = Arc::new(Semaphore::new(0));
            let space = AddressSpace::new();
            space.method("/wait", waits(&pen, &gate)).unwrap();
            let server = Running::bind(builder(&space).concurrent(5)).await;
            if stops {
                let mut client = server.tcp_client(framing).await;
                for number in 0..3 {
                    client.send(("/wait", number)).await.unwrap();
                    log.next().await;
                }
                server.handle.stop();
                never(|| server.task.is_finished()).await;
                gate.add_permits(3);
                for number in 0..3 {
                    assert_eq!(within(client.recv()).await.unwrap(), packet("/done", number));
                }
                assert_eq!(within(client.recv()).await, None);
            } else {
                // The peer is done sending, and wants its replies.
                let framing = if framing == LengthPrefix { LengthPrefix } else { Slip };
                let mut raw = Raw::connect(server.tcp()).await;
                let mut expected = Vec::new();
                for number in 0..3 {
                    raw.write(&frame(framing, packet("/wait", number).as_bytes())).await;
                    expected.extend(frame(framing, packet("/done", number).as_bytes()));
                    log.next().await;
                }
                raw.finish().await;
                never(|| server.handle.connections().is_empty()).await;
                gate.add_permits(3);
                let answers = raw.read_to_end().await;
                assert_eq!(answers.len(), expected.len());
                assert_eq!(answers, expected);
                until(|| server.handle.connections().is_empty()).await;
            }
            assert_eq!(server.stop().await.sent, 3);
        }
    }
}

#[tokio::test]
async fn calls_under_way_that_hang_are_cut_when_the_server_stops() {
    struct Dropped(Pen);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.note("dropped");
        }
    }
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let hang = move || {
        let dropped = Dropped(pen.clone());
        async move {
            dropped.0.note("begun");
            pending::<()>().await;
        }
    };
    space.method("/hang", hang).unwrap();
    let builder = builder(&space).concurrent(2);
    let server = Running::with_grace(builder, Duration::from_millis(20)).await;
    let client = server.udp_client().await;
    // The third waits for its turn, and the loop with it.
    for _ in 0..3 {
        client.send(("/hang", ())).await.unwrap();
    }
    assert_eq!(log.take(2).await, ["begun", "begun"]);
    until(|| server.handle.stats().messages == 3).await;
    server.stop().await;
    assert_eq!(log.take(3).await, ["dropped", "dropped", "dropped"]);
}

fn panics() {
    panic!("a test of panics");
}

fn failing(pen: &Pen) -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/hang", pending::<()>).unwrap();
    space.method("/panic/at/once", async || panics()).unwrap();
    let later = || async {
        yield_now().await;
        panics();
    };
    space.method("/panic/later", later).unwrap();
    let fail = || async {
        yield_now().await;
        Err::<(), _>(io::Error::other("a test"))
    };
    space.method("/fail", fail).unwrap();
    space.method("/sync", || ("/synced", ())).unwrap();
    space.method("/note", pen.handler("noted")).unwrap();
    space
}

#[tokio::test]
async fn time_outs_panics_and_errors_end_one_call_and_give_its_place_back() {
    const ROUNDS: u64 = 5;
    for concurrent in [None, Some(1), Some(4)] {
        let (pen, _log) = log();
        let mut builder = builder(&failing(&pen)).handler_timeout(Duration::from_millis(1));
        if let Some(calls) = concurrent {
            builder = builder.concurrent(calls);
        }
        let server = Running::bind(builder).await;
        let client = server.tcp_client(Slip).await;
        for _ in 0..ROUNDS {
            for address in ["/hang", "/panic/at/once", "/fail", "/panic/later"] {
                client.send((address, ())).await.unwrap();
            }
            within(client.request(("/sync", ()), "/synced")).await.unwrap();
        }
        let seen = || {
            let stats = server.handle.stats();
            (stats.handler_timeouts, stats.handler_panics, stats.handler_errors)
        };
        until(|| seen() == (ROUNDS, 2 * ROUNDS, ROUNDS)).await;
        assert_eq!(server.stop().await.calls, 5 * ROUNDS);
    }
}

#[tokio::test]
async fn a_handler_without_a_limit_in_time_takes_as_long_as_it_takes() {
    let (pen, mut log) = log();
    let gate = Arc::new(Semaphore::new(0));
    let space = AddressSpace::new();
    space.method("/wait", waits(&pen, &gate)).unwrap();
    let server = Running::bind(builder(&space)).await;
    let mut client = server.udp_client().await;
    client.send(("/wait", 1)).await.unwrap();
    log.next().await;
    never(|| server.handle.stats().handler_timeouts > 0).await;
    gate.add_permits(1);
    assert_eq!(within(client.recv()).await.unwrap(), packet("/done", 1));
    server.stop().await;
}

#[tokio::test]
async fn a_failure_ends_the_server_if_it_is_to() {
    for concurrent in [false, true] {
        for (address, how) in [
            ("/hang", "took too long"),
            ("/panic/at/once", "panicked"),
            ("/panic/later", "panicked"),
            ("/fail", "failed: a test"),
        ] {
            let (pen, mut log) = log();
            let mut builder = builder(&failing(&pen))
                .on_handler_error(OnError::Stop)
                .handler_timeout(Duration::from_millis(1));
            if concurrent {
                builder = builder.concurrent(2);
            }
            let server = Running::bind(builder).await;
            let mut client = server.tcp_client(Slip).await;
            client.send(("/note", ())).await.unwrap();
            client.send((address, ())).await.unwrap();
            assert_eq!(log.next().await, "noted");
            let error = within(server.task).await.unwrap().unwrap_err();
            let ServeError::Handler { fault } = error else { panic!("{error}") };
            assert!(fault.starts_with(&format!("the handler of {address} for tcp://")), "{fault}");
            assert!(fault.ends_with(how), "{fault}");
            within(server.handle.stopped()).await;
            assert_eq!(within(client.recv()).await, None);
        }
    }
}

#[tokio::test]
async fn by_default_a_failure_does_not_end_the_server() {
    let (pen, _log) = log();
    let server = Running::bind(builder(&failing(&pen))).await;
    let client = server.udp_client().await;
    client.send(("/fail", ())).await.unwrap();
    within(client.request(("/sync", ()), "/synced")).await.unwrap();
    assert_eq!(server.stop().await.handler_errors, 1);
}
