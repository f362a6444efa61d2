//! What a server tells of what goes wrong, and callbacks that go wrong themselves.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use common::wire::{Raw, frame, packet, raw_udp};
use common::{FRAMINGS, LOOPBACK, Running, until, within};
use oscine::transport::framing::FramingKind::{LengthPrefix, Slip};
use oscine::{
    AddressSpace, Bundle, Client, Fault, Peer, ScheduleLimits, SendError, Server, ServerHandle,
    TimeTag,
};
use tokio::task::yield_now;

fn builder(space: &AddressSpace) -> oscine::ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space.clone())
}

/// The kind of a fault, with its peer and, if it has one, its address.
fn describe(fault: &Fault<'_>) -> (&'static str, Peer, String) {
    let (kind, peer, address) = match fault {
        Fault::Malformed { peer, .. } => ("malformed", peer, ""),
        Fault::Misfit { peer, address, .. } => ("misfit", peer, *address),
        Fault::HandlerFailed { peer, address, .. } => ("failed", peer, *address),
        Fault::HandlerPanicked { peer, address } => ("panicked", peer, *address),
        Fault::HandlerTimedOut { peer, address } => ("timed out", peer, *address),
        Fault::ScheduleRefused { peer, .. } => ("refused", peer, ""),
        Fault::NotSent { peer, .. } => ("not sent", peer, ""),
        Fault::ConnectionLost { peer, .. } => ("lost", peer, ""),
        other => panic!("{other}"),
    };
    assert!(!fault.to_string().is_empty());
    (kind, Peer::clone(peer), address.to_owned())
}

fn panics() {
    panic!("a test of panics");
}

fn failing_space() -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/fail", || Err::<(), _>(io::Error::other("a test"))).unwrap();
    space.method("/panic", panics).unwrap();
    let later = || async {
        yield_now().await;
        panics();
    };
    space.method("/panic/later", later).unwrap();
    space.method("/hang", pending::<()>).unwrap();
    space.method("/number", |_: i32| {}).unwrap();
    space.method("/sync", || ("/synced", ())).unwrap();
    space
}

#[tokio::test]
async fn each_kind_of_fault_is_told_once_with_its_peer() {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&faults);
    let builder = builder(&failing_space())
        .handler_timeout(Duration::from_millis(1))
        .schedule_limits(ScheduleLimits::new().count(0))
        .on_error(move |fault| hears.lock().unwrap().push(describe(fault)));
    let server = Running::bind(builder).await;
    let sent = packet("/a", 1);
    let waits =
        Bundle::new(TimeTag::from(std::time::SystemTime::now()) + common::timed::HOUR, [sent]);
    for over_tcp in [false, true] {
        let client = match over_tcp {
            false => server.udp_client().await,
            true => server.tcp_client(FRAMINGS[1]).await,
        };
        for address in ["/fail", "/panic", "/panic/later", "/hang"] {
            client.send((address, ())).await.unwrap();
        }
        client.send(("/number", "no number")).await.unwrap();
        client.send(waits.clone().unwrap()).await.unwrap();
        within(client.request(("/sync", ()), "/synced")).await.unwrap();
        let faults = std::mem::take(&mut *faults.lock().unwrap());
        assert!(faults.iter().all(|(_, peer, _)| peer.addr() == client.local_addr()), "{faults:?}");
        let kinds: Vec<_> = faults.iter().map(|(kind, _, address)| (*kind, &**address)).collect();
        let expected = [
            ("failed", "/fail"),
            ("panicked", "/panic"),
            ("panicked", "/panic/later"),
            ("timed out", "/hang"),
            ("misfit", "/number"),
            ("refused", ""),
        ];
        assert_eq!(kinds, expected);
    }
    let stats = server.stop().await;
    assert_eq!((stats.handler_errors, stats.handler_panics), (2, 4));
    assert_eq!((stats.handler_timeouts, stats.misfits, stats.schedule_refused), (2, 2, 2));
}

/// What was handed over and cannot leave is told when that is known; what is sent in answer to that is not.
#[tokio::test]
async fn what_cannot_leave_later_is_told_once_and_not_for_ever() {
    let space = AddressSpace::new();
    space.method("/long", || ("/long", vec![7_u8; 2000])).unwrap();
    space.method("/sync", || ("/synced", ())).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let (hears, handle) = (Arc::clone(&told), Arc::new(OnceLock::<ServerHandle>::new()));
    let again = Arc::clone(&handle);
    let builder = builder(&space).max_frame(1000).on_error(move |fault| {
        let Fault::NotSent { peer, error } = fault else { panic!("{fault}") };
        // Handed over as well, and as long.
        let sent = again.get().unwrap().send_to(*peer, "/again", vec![7_u8; 2000]);
        hears.lock().unwrap().push((Peer::clone(peer), (*error).clone(), sent.is_ok()));
    });
    let server = Running::bind(builder).await;
    handle.set(server.handle.clone()).unwrap();
    let client = server.tcp_client(FRAMINGS[1]).await;
    for round in 1..=3 {
        client.send(("/long", ())).await.unwrap();
        within(client.request(("/sync", ()), "/synced")).await.unwrap();
        until(|| server.handle.stats().send_failures == 2 * round).await;
    }
    let peer = server.handle.connections().remove(0);
    let stats = server.stop().await;
    let told = std::mem::take(&mut *told.lock().unwrap());
    assert_eq!(told.len(), 3, "{told:?}");
    for (to, error, sent) in told {
        assert!(to == peer && sent, "{error}");
        assert!(matches!(error, SendError::Unsent { peer: whom, .. } if whom == peer));
    }
    assert_eq!(stats.send_failures, 6);
}

#[tokio::test]
async fn malformed_packets_and_lost_connections() {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&faults);
    let builder = builder(&failing_space())
        .on_error(move |fault| hears.lock().unwrap().push(describe(fault)));
    let server = Running::bind(builder).await;
    let kinds = |count: usize| {
        let faults = Arc::clone(&faults);
        async move {
            until(|| faults.lock().unwrap().len() >= count).await;
            let faults = std::mem::take(&mut *faults.lock().unwrap());
            faults.into_iter().map(|(kind, peer, _)| (kind, peer.addr())).collect::<Vec<_>>()
        }
    };
    let socket = raw_udp().await;
    socket.send_to(b"nonsense", server.udp()).await.unwrap();
    let addr = socket.local_addr().ok();
    assert_eq!(kinds(1).await, [("malformed", addr)]);
    for framing in [Slip, LengthPrefix] {
        let mut raw = Raw::connect(server.tcp()).await;
        let addr = raw.stream.local_addr().ok();
        raw.write(&frame(framing, b"nonsense")).await;
        assert_eq!(kinds(1).await, [("malformed", addr)]);
    }
    // A bad length ends the connection, which tells all there is to tell.
    let mut raw = Raw::connect(server.tcp()).await;
    let addr = raw.stream.local_addr().ok();
    raw.write(&u32::MAX.to_be_bytes()).await;
    raw.read_to_end().await;
    assert_eq!(kinds(1).await, [("lost", addr)]);
    assert_eq!(server.stop().await.bad, 4);
}

#[tokio::test]
async fn what_is_not_sent_is_told_and_counted() {
    let faults = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&faults);
    let space = failing_space();
    let kept = Arc::new(OnceLock::new());
    let keep = Arc::clone(&kept);
    space.method("/keep", move |peer: Peer| keep.set(peer).unwrap()).unwrap();
    let builder =
        builder(&space).on_error(move |fault| hears.lock().unwrap().push(describe(fault)));
    let server = Running::bind(builder).await;
    let client = server.tcp_client(Slip).await;
    client.send(("/keep", ())).await.unwrap();
    until(|| kept.get().is_some()).await;
    drop(client);
    until(|| server.handle.connections().is_empty()).await;
    let peer = kept.get().unwrap();
    server.handle.send_to(peer, "/a", 1).unwrap_err();
    assert_eq!(*faults.lock().unwrap(), [("not sent", peer.clone(), String::new())]);
    let stats = server.stop().await;
    assert_eq!((stats.sent, stats.send_failures), (0, 1));
}

/// Faults are sent on to a console, as one would in a show, and the console is gone: that is a fault.
#[tokio::test]
async fn a_callback_may_send_to_whoever_has_gone() {
    let told = Arc::new(AtomicUsize::new(0));
    let own = Arc::new(OnceLock::<ServerHandle>::new());
    let (tells, handle) = (Arc::clone(&told), Arc::clone(&own));
    let gone = Peer::Tcp { endpoint: 1, connection: 7, addr: ([127, 0, 0, 1], 9).into() };
    let on_error = move |fault: &Fault<'_>| {
        tells.fetch_add(1, Ordering::Relaxed);
        let text = fault.to_string();
        handle.get().unwrap().send_to(&gone, "/fault", text).unwrap_err();
    };
    let server = Running::bind(builder(&failing_space()).on_error(on_error)).await;
    own.set(server.handle.clone()).unwrap();
    let client = server.udp_client().await;
    for round in 1..=3 {
        client.send(("/fail", ())).await.unwrap();
        within(client.request(("/sync", ()), "/synced")).await.unwrap();
        assert_eq!(told.load(Ordering::Relaxed), round);
    }
    assert_eq!(server.stop().await.send_failures, 3);
}

#[tokio::test]
async fn callbacks_that_panic_disturb_nobody() {
    let builder = builder(&failing_space())
        .on_error(|_| panics())
        .on_bundle_start(|_, _| panics())
        .on_bundle_end(|_, _| panics())
        .on_disconnect(|_| panics());
    let server = Running::bind(builder).await;
    let bundle =
        Bundle::new(TimeTag::IMMEDIATE, [packet("/fail", ()), packet("/sync", ())]).unwrap();
    let ask = async |client: &Client| {
        let answer = within(client.request(bundle.clone(), "/synced")).await;
        answer.unwrap();
    };
    for _ in 0..3 {
        ask(&server.udp_client().await).await;
        ask(&server.tcp_client(Slip).await).await;
    }
    until(|| server.handle.connections().is_empty()).await;
    let late = server.handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap();
    ask(&Client::connect(&server.handle.endpoints()[late]).await.unwrap()).await;
    let stats = server.stop().await;
    assert_eq!((stats.handler_errors, stats.calls), (7, 14));
}

#[tokio::test]
async fn an_endpoint_is_served_though_hearing_of_it_panics() {
    let count = AtomicUsize::new(0);
    let on_bound = move |_: &oscine::Endpoint| {
        assert_eq!(count.fetch_add(1, Ordering::Relaxed), 0, "a test of panics");
    };
    let builder = Server::builder().udp(LOOPBACK).address_space(failing_space());
    let server = Running::bind(builder.on_bound(on_bound)).await;
    let number = server.handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap();
    let client = Client::connect(&server.handle.endpoints()[number]).await.unwrap();
    within(client.request(("/sync", ()), "/synced")).await.unwrap();
    server.stop().await;
}
