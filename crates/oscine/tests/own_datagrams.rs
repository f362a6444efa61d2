//! Datagrams that the program carries itself, as an endpoint of a server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use common::carrier::{Far, line};
use common::endpoints::{ask_where, client, space};
use common::log::log;
use common::wire::packet;
use common::{LOOPBACK, Running, never, until, within};
use futures::{Sink, Stream};
use oscine::transport::framing::FramingKind;
use oscine::transport::hook::{self, Verdict};
use oscine::{
    AddressSpace, BindError, Bundle, DecodeOptions, Networks, Peer, PeerAddr, PeerOptions,
    PeerRules, PortState, Profile, RateLimit, SendError, Server, ServerBuilder,
};

fn addr(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// `/where` and `/who`, and `/peer`, which notes who has sent it.
fn noting() -> (AddressSpace, Arc<Mutex<Vec<Peer>>>) {
    let (space, heard) = (space("server"), Arc::new(Mutex::new(Vec::new())));
    let hears = Arc::clone(&heard);
    space.method("/peer", move |peer: Peer| hears.lock().unwrap().push(peer)).unwrap();
    (space, heard)
}

#[tokio::test]
async fn peers_are_answered_by_whatever_the_carrier_calls_them() {
    let ((by_addr, mut far_addr), (by_name, mut far_name), (alone, mut far_alone)) =
        (line::<SocketAddr>(8), line::<String>(8), line::<()>(8));
    let (space, heard) = noting();
    let builder = Server::builder()
        .datagrams(by_addr)
        .udp(LOOPBACK)
        .datagrams(by_name)
        .datagrams(alone)
        .address_space(space);
    let server = Running::bind(builder).await;
    let handle = &server.handle;
    let (question, note) = (packet("/where", ()), packet("/peer", ()));
    for from in [addr("10.0.0.1:9"), addr("[fe80::1%2]:9")] {
        assert_eq!(far_addr.ask(&question, from).await, packet("/here", 0));
    }
    for from in ["desk", "10.0.0.1:9"] {
        assert_eq!(far_name.ask(&question, from.into()).await, packet("/here", 2));
    }
    assert_eq!(far_alone.ask(&question, ()).await, packet("/here", 3));
    assert_eq!(ask_where(&client(handle, 0).await).await, 1);
    far_addr.send(&note, addr("10.0.0.1:9"));
    until(|| heard.lock().unwrap().len() == 1).await;
    far_name.send(&note, "desk".into());
    until(|| heard.lock().unwrap().len() == 2).await;
    far_alone.send(&note, ());
    until(|| heard.lock().unwrap().len() == 3).await;
    let peers = heard.lock().unwrap().clone();
    let texts = peers.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts, ["datagram://10.0.0.1:9", "datagram://desk", "datagram://unnamed"]);
    assert_eq!(peers[0].addr(), Some(addr("10.0.0.1:9")));
    assert_eq!((peers[1].addr(), peers[1].name()), (None, Some("desk")));
    // From elsewhere, to one that has written and to one that has not.
    handle.send_to(&peers[1], "/told", 1).unwrap();
    assert_eq!(far_name.next().await.unwrap(), (packet("/told", 1), "desk".into()));
    handle.send_to(peers[0].at_port(7).unwrap(), "/told", 2).unwrap();
    assert_eq!(far_addr.next().await.unwrap(), (packet("/told", 2), addr("10.0.0.1:7")));
    // One that this carrier has no name for.
    let other = Peer::Datagram { endpoint: 0, addr: "desk".into() };
    let error = handle.send_to(&other, "/told", 1).unwrap_err();
    assert!(matches!(error, SendError::System { .. }), "{error:?}");
    // It has no connection, and its endpoint nothing that was bound.
    assert!(!handle.kick(&peers[0]));
    assert_eq!((handle.endpoints().len(), handle.peers().len()), (1, 6));
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.sent, stats.send_failures), (9, 8, 1));
    assert_eq!((stats.transport.sent, stats.connections), (8, 0));
}

#[tokio::test]
async fn a_bundle_waits_and_is_answered_from_there() {
    let (carrier, mut far) = line::<String>(8);
    let server =
        Running::bind(Server::builder().datagrams(carrier).address_space(space("s"))).await;
    let clock = server.handle.clock().clone();
    let at = clock.now() + Duration::from_millis(30);
    let bundle = Bundle::new(at, [packet("/who", ())]).unwrap();
    assert_eq!(far.ask(&bundle.into(), "a".into()).await, packet("/name", "s"));
    assert!(!at.is_after(clock.now()));
    assert_eq!(server.stop().await.released, 1);
}

/// A message without type tags, which only `Strict` refuses.
const TYPELESS: &[u8] = b"/who\0\0\0\0";

#[tokio::test]
async fn gates_limits_and_profiles_hold() {
    let ((first, mut far), (strict, far_strict)) = (line::<SocketAddr>(64), line::<String>(64));
    let faults = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&faults);
    let one = |packets| RateLimit::per_second(packets).burst(1);
    let profile = PeerOptions::new().decode(DecodeOptions::new().profile(Profile::Strict));
    let rules = PeerRules::new()
        .endpoint(1, profile)
        .peers("10.0.0.7", PeerOptions::new().rate(one(1)))
        .unwrap();
    let refusing = hook::inbound(|bytes: &[u8], peer: &PeerAddr| {
        match bytes.starts_with(b"/no") && peer.name().is_some() {
            true => Verdict::Refuse("no".into()),
            false => Verdict::Pass,
        }
    });
    let builder = Server::builder()
        .datagrams(first)
        .datagrams(strict)
        .max_frame(64)
        .hook(refusing)
        .networks(Networks::new().deny("192.168.0.0/16").unwrap())
        .peer_rules(rules)
        .on_error(move |fault| told.lock().unwrap().push(fault.to_string()))
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    let handle = &server.handle;
    let who = packet("/who", ());
    far.send(&who, addr("192.168.0.1:9"));
    until(|| handle.stats().denied == 1).await;
    // Two ports of one host, and another host.
    far.ask(&who, addr("10.0.0.7:1")).await;
    far.send(&who, addr("10.0.0.7:2"));
    until(|| handle.stats().rate_limited == 1).await;
    far.bytes(TYPELESS, addr("10.0.0.8:1"));
    assert_eq!(far.next().await.unwrap().1, addr("10.0.0.8:1"));
    far_strict.bytes(TYPELESS, "desk".into());
    until(|| handle.stats().bad == 1).await;
    far_strict.send(&packet("/no", ()), "desk".into());
    far_strict.send(&packet("/long", "x".repeat(64)), "desk".into());
    far_strict.bytes(b"", "desk".into());
    until(|| faults.lock().unwrap().len() == 4).await;
    let error = handle.send_to(PeerAddr::from("desk"), "/long", "x".repeat(64));
    // It is found out when it is sent.
    assert_eq!(error, Ok(()));
    until(|| handle.stats().send_failures == 1).await;
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad, stats.calls), (8, 3, 2));
    let transport = stats.transport;
    assert_eq!((transport.bad.get("frame-too-long"), transport.drops.get("refused")), (1, 1));
}

#[tokio::test]
async fn a_sink_that_does_not_drain_drops_and_blocks_nobody() {
    const ROOM: usize = 4;
    let (carrier, mut far) = line::<()>(ROOM);
    let builder = Server::builder().datagrams(carrier).udp(LOOPBACK).address_space(space("s"));
    let server = Running::bind(builder).await;
    let handle = &server.handle;
    let peer = PeerAddr::Unnamed;
    let mut taken = 0;
    let full = loop {
        match handle.send_to(&peer, "/told", taken) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        tokio::task::yield_now().await;
        assert!(taken < 2_000, "there is no limit");
    };
    let to = Peer::Datagram { endpoint: 0, addr: PeerAddr::Unnamed };
    assert_eq!(full, SendError::QueueFull { peer: to, queued: 1024 });
    // Its questions are run, though the answers have nowhere to go, and the other endpoint has what it wants.
    for _ in 0..10 {
        far.send(&packet("/where", ()), ());
        assert_eq!(ask_where(&client(handle, 0).await).await, 1);
    }
    until(|| handle.stats().calls == 20).await;
    assert_eq!(handle.stats().send_failures, 11);
    // Nothing that was taken is lost, or comes twice.
    for number in 0..taken {
        assert_eq!(far.next().await.unwrap().0, packet("/told", number));
    }
    server.stop().await;
}

/// Says the same for ever, and takes whatever it is told.
struct Always<F>(F);

impl<F: FnMut() -> io::Result<Bytes> + Unpin> Stream for Always<F> {
    type Item = io::Result<(Bytes, ())>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(Some((self.0)().map(|bytes| (bytes, ()))))
    }
}

impl<F: Unpin> Sink<(Bytes, ())> for Always<F> {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _: (Bytes, ())) -> io::Result<()> {
        Err(io::Error::other("nobody is there"))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn beside(builder: ServerBuilder) -> ServerBuilder {
    builder.udp(LOOPBACK).tcp(LOOPBACK).address_space(space("server"))
}

/// A stream that is always ready starves nobody, whatever becomes of what it brings, nor does it keep the server from
/// stopping.
#[tokio::test]
async fn a_stream_that_is_always_ready_starves_nobody() {
    let swallowing =
        hook::inbound(|bytes: &[u8], _: &PeerAddr| match bytes.starts_with(b"/swallowed") {
            true => Verdict::Swallow,
            false => Verdict::Pass,
        });
    let swallowing = Arc::new(swallowing);
    for bytes in [packet("/where", ()), packet("/swallowed", ()), packet("/who", "x".repeat(100))] {
        let bytes = bytes.into_bytes();
        let always = Always(move || Ok(bytes.clone()));
        let builder =
            Server::builder().datagrams(always).hook(Arc::clone(&swallowing)).max_frame(99);
        let server = Running::bind(beside(builder)).await;
        let handle = &server.handle;
        let (udp, tcp) = (client(handle, 0).await, client(handle, 1).await);
        for _ in 0..5 {
            assert_eq!((ask_where(&udp).await, ask_where(&tcp).await), (1, 2));
        }
        let received = server.stop().await.received;
        assert!(received > 20, "{received}");
    }
}

#[tokio::test]
async fn a_stream_that_does_nothing_but_fail_is_left_alone_more_and_more() {
    let failing = Always(|| Err(io::Error::other("static")));
    let server = Running::bind(beside(Server::builder().datagrams(failing))).await;
    let handle = &server.handle;
    let udp = client(handle, 0).await;
    for _ in 0..20 {
        assert_eq!(ask_where(&udp).await, 1);
    }
    until(|| handle.stats().transport.transient_errors > 8).await;
    never(|| handle.stats().transport.transient_errors > 100).await;
    // Its sink fails too.
    handle.send_to(PeerAddr::Unnamed, "/told", 1).unwrap();
    until(|| handle.stats().send_failures == 1).await;
    assert_eq!(handle.endpoint_state(0), Some(PortState::Open));
    server.stop().await;
}

#[tokio::test]
async fn errors_in_between_are_survived() {
    let (carrier, mut far) = line::<()>(8);
    let server = Running::bind(beside(Server::builder().datagrams(carrier))).await;
    for _ in 0..30 {
        far.arrives.send(Err(io::Error::other("static"))).unwrap();
        far.ask(&packet("/where", ()), ()).await;
    }
    let stats = server.stop().await;
    assert_eq!((stats.transport.transient_errors, stats.calls), (30, 30));
}

#[tokio::test]
async fn the_end_of_the_stream_ends_the_endpoint_alone() {
    let (carrier, far) = line::<()>(64);
    let server = Running::bind(beside(Server::builder().datagrams(carrier))).await;
    let handle = &server.handle;
    let Far { arrives, mut leaves } = far;
    for _ in 0..50 {
        arrives.send(Ok((packet("/where", ()).into_bytes(), ()))).unwrap();
    }
    drop(arrives);
    // All of it is run and answered first.
    for _ in 0..50 {
        assert_eq!(within(leaves.recv()).await.unwrap().0, packet("/here", 0).into_bytes());
    }
    assert_eq!(within(leaves.recv()).await, None);
    until(|| handle.endpoint_state(0).is_none()).await;
    let gone = Peer::Datagram { endpoint: 0, addr: PeerAddr::Unnamed };
    assert_eq!(handle.send_to(&gone, "/told", 1), Err(SendError::Gone { peer: gone.clone() }));
    for number in [0, 1] {
        ask_where(&client(handle, number).await).await;
    }
    assert_eq!(server.stop().await.received, 52);
}

#[tokio::test]
async fn one_that_is_added_can_be_paused_and_closed() {
    let (pen, mut log) = log();
    let space = space("server");
    space.method("/note", pen.handler("noted")).unwrap();
    let server = Running::start(space).await;
    let handle = server.handle.clone();
    let (carrier, mut far) = line::<String>(64);
    assert_eq!(handle.add_datagrams(carrier).unwrap(), 2);
    assert_eq!(far.ask(&packet("/where", ()), "a".into()).await, packet("/here", 2));
    assert!(handle.pause(2));
    // It has to notice, which takes it a turn.
    until(|| handle.stats().messages == 1).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    far.send(&packet("/note", ()), "a".into());
    never(|| handle.stats().messages > 1).await;
    handle.send_to(PeerAddr::from("b"), "/told", 1).unwrap();
    assert_eq!(far.next().await.unwrap(), (packet("/told", 1), "b".into()));
    assert!(handle.resume(2));
    assert_eq!(log.next().await, "noted");
    // What was handed over before it is closed goes out.
    for number in 0..50 {
        handle.send_to(PeerAddr::from("b"), "/told", number).unwrap();
    }
    assert!(handle.close_endpoint(2));
    let addr = PeerAddr::from("b");
    assert_eq!(handle.send_to(&addr, "/told", 1), Err(SendError::NoEndpoint { addr }));
    for number in 0..50 {
        assert_eq!(far.next().await.unwrap().0, packet("/told", number));
    }
    assert_eq!(far.next().await, None);
    assert!(!handle.close_endpoint(2));
    server.stop().await;
    let (carrier, _far) = line::<String>(1);
    assert!(matches!(handle.add_datagrams(carrier), Err(BindError::Stopped)));
}

#[tokio::test]
async fn one_that_is_added_keeps_to_the_rules_or_is_an_error() {
    let framed = PeerOptions::new().framing(FramingKind::Slip);
    let server = Running::bind(
        beside(Server::builder())
            .peer_rules(PeerRules::new().all(framed.clone()).endpoint(2, framed)),
    )
    .await;
    let ((refused, far), (served, mut other)) = (line::<()>(1), line::<()>(8));
    let error = server.handle.add_datagrams(refused).unwrap_err();
    assert!(matches!(error, BindError::Rule { endpoint: 2, .. }), "{error:?}");
    assert!(far.arrives.is_closed());
    // A rule for all has no effect on datagrams.
    assert_eq!(server.handle.add_datagrams(served).unwrap(), 3);
    assert_eq!(other.ask(&packet("/where", ()), ()).await, packet("/here", 3));
    server.stop().await;
}

/// A sink that takes nothing has a second, and what is left is counted.
#[tokio::test]
async fn a_sink_that_takes_nothing_does_not_keep_an_endpoint_that_is_closed() {
    let (carrier, far) = line::<()>(1);
    let server = Running::bind(beside(Server::builder().datagrams(carrier))).await;
    let handle = &server.handle;
    for number in 0..100 {
        handle.send_to(PeerAddr::Unnamed, "/told", number).unwrap();
    }
    assert!(handle.close_endpoint(0));
    let Far { arrives, leaves } = far;
    // The server's end is dropped.
    within(arrives.closed()).await;
    // One is in the line; the one that had been taken for it is not.
    until(|| handle.stats().send_failures == 99).await;
    assert_eq!((leaves.len(), handle.stats().transport.sent), (1, 1));
    ask_where(&client(handle, 0).await).await;
    server.stop().await;
}

#[tokio::test]
async fn what_was_handed_over_goes_out_when_the_server_stops() {
    let (carrier, mut far) = line::<()>(2);
    let server = Running::bind(beside(Server::builder().datagrams(carrier))).await;
    far.ask(&packet("/where", ()), ()).await;
    for number in 0..50 {
        server.handle.send_to(PeerAddr::Unnamed, "/told", number).unwrap();
    }
    server.handle.stop();
    for number in 0..50 {
        assert_eq!(far.next().await.unwrap().0, packet("/told", number));
    }
    assert_eq!(far.next().await, None);
    within(server.handle.stopped()).await;
    // And one that takes nothing keeps it for its grace at most.
    let (carrier, mut far) = line::<()>(1);
    let builder = beside(Server::builder().datagrams(carrier));
    let server = Running::with_grace(builder, Duration::from_millis(50)).await;
    far.ask(&packet("/where", ()), ()).await;
    for number in 0..50 {
        server.handle.send_to(PeerAddr::Unnamed, "/told", number).unwrap();
    }
    let stats = server.stop().await;
    // One in the line, and 49 that were not taken.
    assert_eq!((stats.sent, stats.transport.sent, stats.send_failures), (51, 2, 49));
    assert!(far.arrives.is_closed());
}

#[tokio::test]
async fn a_carrier_that_panics_ends_its_endpoint_alone() {
    let panicking = Always(|| panic!("a test of panics"));
    let server = Running::bind(beside(Server::builder().datagrams(panicking))).await;
    let handle = &server.handle;
    until(|| handle.endpoint_state(0).is_none()).await;
    assert_eq!(ask_where(&client(handle, 0).await).await, 1);
    server.stop().await;
}
