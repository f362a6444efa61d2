//! A client that serves is a server: it counts, tells, limits, and can be asked from elsewhere.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use oscine::transport::connection::Builder;
use oscine::transport::framing::FramingKind;
use oscine::transport::hook::{Verdict, inbound};
use oscine::transport::reconnect::State;
use oscine::{
    AddressSpace, BindError, Bundle, Client, ClientServe, Fault, LatePolicy, Message, Packet, Peer,
    PeerOptions, PeerRules, PortState, Reply, SendError, Server, ServerHandle, Timing,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use crate::common::log::{Log, log};
use crate::common::timed::{HOUR, bundle, note, noting_space, now};
use crate::common::wire::{frame, packet, raw_udp};
use crate::common::{LOOPBACK, Running, until, within};
use crate::line::{Line, pipe};

type Serving = JoinHandle<Result<(), oscine::ServeError>>;

async fn serving(serve: ClientServe) -> (ServerHandle, Serving) {
    let server = serve.bind().await.unwrap();
    (server.handle(), tokio::spawn(server.serve().into_future()))
}

/// What is told of faults, in short.
fn telling(serve: ClientServe) -> (ClientServe, Log) {
    let (pen, log) = log();
    let tell = move |fault: &Fault<'_>| {
        pen.note(match fault {
            Fault::Malformed { .. } => "malformed",
            Fault::HandlerPanicked { .. } => "panicked",
            Fault::HandlerFailed { .. } => "failed",
            Fault::Misfit { .. } => "misfit",
            Fault::ScheduleRefused { .. } => "refused",
            Fault::ConnectionLost { .. } => "lost",
            _ => "another",
        });
    };
    (serve.with(|server| server.on_error(tell)), log)
}

#[tokio::test]
async fn it_counts_and_tells_what_goes_wrong_and_goes_on() {
    let (space, mut noted) = noting_space();
    space.method("/panic", || -> () { panic!("a handler may panic") }).unwrap();
    space.method("/fail", || Err::<(), _>("it failed")).unwrap();
    let (near, mut far) = tokio::io::duplex(1 << 16);
    let client = Client::from_connection(Builder::new().framing(FramingKind::Slip).wrap(near));
    let (serve, mut told) = telling(client.serve(space));
    let limits = oscine::ScheduleLimits::new().count(1);
    let (handle, ended) = serving(serve.schedule_limits(limits)).await;
    let bytes = |packet: Packet| frame(FramingKind::Slip, packet.as_bytes());
    for sent in [
        bytes(packet("/panic", ())),
        bytes(packet("/fail", ())),
        bytes(packet("/note", 1.5)),
        frame(FramingKind::Slip, b"nonsense"),
        bytes(bundle(now() + HOUR, &["kept"]).into()),
        bytes(bundle(now() + HOUR, &["refused"]).into()),
        bytes(packet("/nobody", ())),
        bytes(bundle(now() + HOUR / 2, &["refused"]).into()),
        bytes(note("still here").into()),
    ] {
        far.write_all(&sent).await.unwrap();
    }
    let expected = ["panicked", "failed", "misfit", "malformed", "refused", "refused"];
    assert_eq!(told.take(6).await, expected);
    assert_eq!(noted.next().await, "still here");
    let stats = handle.stats();
    assert_eq!((stats.received, stats.bad, stats.messages), (9, 1, 5));
    assert_eq!((stats.handler_panics, stats.handler_errors), (1, 1));
    assert_eq!((stats.misfits, stats.unmatched, stats.schedule_refused), (1, 1, 2));
    assert_eq!((stats.scheduled, stats.pending), (1, 1));
    assert_eq!(handle.pending().len(), 1);
    drop(far);
    within(ended).await.unwrap().unwrap();
    let stats = handle.stats();
    assert_eq!((stats.dropped_at_stop, stats.pending, stats.received), (1, 0, 9));
}

#[tokio::test]
async fn how_late_bundles_run_is_known_and_late_ones_can_be_dropped() {
    let (space, mut noted) = noting_space();
    let (client, mut far) = pipe(1 << 16);
    let timing = Timing::new().late(LatePolicy::DropAfter(Duration::from_secs(1)));
    let (handle, ended) = serving(client.serve(space).with(|server| server.timing(timing))).await;
    far.send(bundle(now() + Duration::from_millis(10), &["first"]).into()).await;
    assert_eq!(noted.next().await, "first");
    far.send(Bundle::new(now() - HOUR, [note("late")]).unwrap().into()).await;
    far.send(note("second").into()).await;
    assert_eq!(noted.next().await, "second");
    let stats = handle.stats();
    assert_eq!((stats.released, stats.dropped_late, stats.lateness.bundles), (1, 1, 1));
    assert!(handle.stats().lateness.max >= handle.stats().lateness.min);
    handle.stop();
    within(ended).await.unwrap().unwrap();
    far.end().await;
}

#[tokio::test]
async fn others_see_what_comes_back_and_send_to_the_peer() {
    let (pen, mut noted) = log();
    let space = AddressSpace::new();
    space.fallback(move |message: Message| pen.note(message));
    let server = Running::start(space).await;
    for client in [server.udp_client().await, server.tcp_client(FramingKind::Auto).await] {
        let asked = AddressSpace::new();
        let (pen, mut peers) = log();
        asked.fallback(move |peer: Peer, _: Message| pen.note(format!("{peer:?}")));
        let sender = client.sender();
        let (handle, ended) = serving(client.serve(asked)).await;
        let mut seen = handle.subscribe("//*").unwrap();
        sender.send(("/hello", ())).await.unwrap();
        assert_eq!(noted.next().await, "/hello ,");
        // The server's peer is the client, and the client's is the server.
        let peer = match server.handle.peers().pop() {
            Some(view) => view.peer,
            None => panic!("the server knows nobody"),
        };
        server.handle.send_to(&peer, "/back", 1).unwrap();
        let delivery = within(seen.next()).await.unwrap();
        assert_eq!(delivery.message, Message::new("/back", 1).unwrap());
        let text = peers.next().await;
        assert_eq!(text, format!("{:?}", delivery.peer));
        assert!(matches!(&delivery.peer, Peer::Udp { .. } | Peer::Tcp { .. }), "{text}");
        assert_eq!(delivery.peer.endpoint(), Some(0));
        handle.send_to(&delivery.peer, "/again", 2).unwrap();
        assert_eq!(noted.next().await, "/again ,i 2");
        assert_eq!((handle.stats().sent, handle.stats().transport.sent), (1, 2));
        handle.stop();
        within(ended).await.unwrap().unwrap();
        // Its socket is closed, whoever holds a handle.
        sender.send(("/late", ())).await.unwrap_err();
        let error = handle.send_to(&delivery.peer, "/late", ()).unwrap_err();
        assert!(matches!(error, SendError::Gone { .. }), "{error:?}");
        assert_eq!(handle.stats().transport.sent, 2);
        server.handle.kick(&peer);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_handler_may_ask_the_peer_that_it_serves() {
    let (pen, mut noted) = log();
    let (client, mut far) = pipe(1 << 16);
    let (space, sender) = (AddressSpace::new(), client.sender());
    let ask = move |number: i32| {
        let (sender, pen) = (sender.clone(), pen.clone());
        async move {
            let reply = sender.request(("/ask", number), "/answer").await.unwrap();
            pen.note(reply);
        }
    };
    space.method("/start", ask).unwrap();
    let (_handle, ended) = serving(client.serve(space)).await;
    for number in 0..5 {
        far.send(packet("/start", number)).await;
        assert_eq!(far.next().await, packet("/ask", number));
        far.send(packet("/answer", number)).await;
        assert_eq!(noted.next().await, format!("/answer ,i {number}"));
    }
    drop(far);
    within(ended).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_stay_in_order() {
    let space = AddressSpace::new();
    space.method("/count", |number: i32| ("/counted", number)).unwrap();
    let (near, far) = UnixStream::pair().unwrap();
    let client = Client::from_connection(Builder::new().wrap(near));
    let (_handle, ended) = serving(client.serve(space)).await;
    let mut far = Client::from_connection(Builder::new().wrap(far));
    // No more replies at a time than may wait to be sent.
    for first in (0..5000).step_by(500) {
        let asked: Vec<_> = (first..first + 500).map(|number| packet("/count", number)).collect();
        let sender = far.sender();
        let sending = tokio::spawn(async move { sender.send_all(&asked).await });
        for number in first..first + 500 {
            assert_eq!(within(far.recv()).await.unwrap(), packet("/counted", number));
        }
        within(sending).await.unwrap().unwrap();
    }
    drop(far);
    within(ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn more_endpoints_are_served_as_long_as_the_client_is() {
    let (space, mut noted) = noting_space();
    let (client, mut far) = pipe(1 << 16);
    let serve = client.serve(space).with(|server| server.udp(LOOPBACK));
    let (handle, ended) = serving(serve).await;
    let other = Client::connect(&handle.endpoints()[0]).await.unwrap();
    other.send(note("over UDP")).await.unwrap();
    assert_eq!(noted.next().await, "over UDP");
    far.send(note("from the client's peer").into()).await;
    assert_eq!(noted.next().await, "from the client's peer");
    handle.pause(0);
    far.send(note("later").into()).await;
    other.send(note("meanwhile")).await.unwrap();
    assert_eq!(noted.next().await, "meanwhile");
    handle.resume(0);
    assert_eq!(noted.next().await, "later");
    drop(far);
    within(ended).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_closed_closes_the_client() {
    let (client, mut far) = pipe(1 << 16);
    let (sender, (handle, ended)) =
        (client.sender(), serving(client.serve(AddressSpace::new())).await);
    assert!(handle.close_endpoint(0));
    far.end().await;
    sender.send(("/late", ())).await.unwrap_err();
    assert!(!ended.is_finished());
    handle.stop();
    within(ended).await.unwrap().unwrap();
}

/// Stops a server by its handle, or closes its one endpoint.
type End = fn(&ServerHandle);

/// What was handed over is sent, also what the connection had taken and not written when the end came.
#[tokio::test]
async fn a_reply_that_is_on_its_way_leaves_before_the_client_does() {
    let ends: [End; 2] = [ServerHandle::stop, |handle| assert!(handle.close_endpoint(0))];
    for end in ends {
        let space = AddressSpace::new();
        space.method("/big", || ("/big", vec![7_u8; 100_000])).unwrap();
        // Each write fills the pipe, and the peer takes nothing before the end.
        let (client, mut far) = pipe(64);
        let (handle, ended) = serving(client.serve(space)).await;
        far.send(packet("/big", ())).await;
        until(|| handle.stats().sent == 1).await;
        end(&handle);
        assert_eq!(far.next().await, packet("/big", vec![7_u8; 100_000]));
        far.end().await;
        handle.stop();
        within(ended).await.unwrap().unwrap();
        assert_eq!(handle.stats().send_failures, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reconnects_sends_what_is_in_its_queue_before_it_goes() {
    let space = AddressSpace::new();
    space
        .method("/many", |count: i32| -> Vec<Packet> {
            (0..count).map(|number| packet("/n", (number, vec![7_u8; 1000]))).collect()
        })
        .unwrap();
    let (client, line) = Line::standard();
    let (handle, ended) = serving(client.serve(space)).await;
    let mut far = line.accept();
    far.send(packet("/many", 500)).await;
    until(|| handle.stats().sent == 500).await;
    handle.stop();
    for number in 0..500 {
        assert_eq!(far.next().await, packet("/n", (number, vec![7_u8; 1000])));
    }
    far.end().await;
    within(ended).await.unwrap().unwrap();
}

/// A burst is in the client at once, with nothing more to be read for it.
#[tokio::test]
async fn a_burst_leaves_the_tasks_beside_it_their_turns() {
    let turns = Arc::new(AtomicUsize::new(0));
    let (counted, (pen, mut noted)) = (Arc::clone(&turns), log());
    let space = AddressSpace::new();
    space
        .method("/n", move |number: i32| {
            if [0, 2999].contains(&number) {
                pen.note(counted.load(Relaxed));
            }
        })
        .unwrap();
    let (client, mut far) = pipe(1 << 18);
    for number in 0..3000 {
        far.send(packet("/n", number)).await;
    }
    let beside = tokio::spawn(async move {
        loop {
            turns.fetch_add(1, Relaxed);
            tokio::task::yield_now().await;
        }
    });
    let (_handle, ended) = serving(client.serve(space)).await;
    let [first, last] = [noted.next().await, noted.next().await];
    let [first, last]: [usize; 2] = [first, last].map(|turns| turns.parse().unwrap());
    assert!(last > first + 10, "{first} to {last}");
    beside.abort();
    drop(far);
    within(ended).await.unwrap().unwrap();
}

/// A stream that looks at the server when it is dropped.
struct Curious(tokio::io::DuplexStream, Arc<std::sync::Mutex<Option<ServerHandle>>>);

impl Drop for Curious {
    fn drop(&mut self) {
        if let Some(handle) = self.1.lock().unwrap().take() {
            assert_eq!(handle.connections(), []);
        }
    }
}

impl AsyncRead for Curious {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Curious {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().0).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().0).poll_shutdown(cx)
    }
}

/// On threads of its own, so that a server that hangs fails the test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_stream_is_dropped_while_nothing_is_locked() {
    let ends: [End; 2] = [ServerHandle::stop, |handle| assert!(handle.close_endpoint(0))];
    for end in ends {
        let (near, _far) = tokio::io::duplex(64);
        let known = Arc::new(std::sync::Mutex::new(None));
        let stream = Curious(near, Arc::clone(&known));
        let client = Client::from_connection(Builder::new().wrap(stream));
        let (handle, ended) = serving(client.serve(AddressSpace::new())).await;
        known.lock().unwrap().replace(handle.clone());
        end(&handle);
        until(|| known.lock().unwrap().is_none()).await;
        handle.stop();
        within(ended).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn it_sends_to_its_peer_and_to_nobody_else() {
    let peer = raw_udp().await;
    let addr = peer.local_addr().unwrap();
    let client = Client::udp(addr).await.unwrap();
    let own = client.local_addr().unwrap();
    let space = AddressSpace::new();
    let (pen, mut noted) = log();
    space
        .method("/elsewhere", move |reply: Reply| {
            let other = reply.to_port(addr.port() ^ 1).unwrap();
            pen.note(matches!(other.send("/lost", ()), Err(SendError::System { .. })));
            ("/here", ())
        })
        .unwrap();
    let serve = client.serve(space).with(|server| server.udp(LOOPBACK));
    let (handle, ended) = serving(serve).await;
    peer.send_to(packet("/elsewhere", ()).as_bytes(), own).await.unwrap();
    assert_eq!(noted.next().await, "true");
    let mut buffer = [0; 100];
    let (length, _) = within(peer.recv_from(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..length], packet("/here", ()).as_bytes());
    // Nor does it send to addresses, so it is none to be asked first.
    assert_eq!(handle.default_endpoint(), Some(1));
    assert!(!handle.set_default_endpoint(0) && handle.set_default_endpoint(1));
    handle.send_to(addr, "/by_the_other", ()).unwrap();
    let (_, from) = within(peer.recv_from(&mut buffer)).await.unwrap();
    assert_ne!(from, own);
    handle.stop();
    within(ended).await.unwrap().unwrap();
    let serve = Client::udp(addr).await.unwrap().serve(AddressSpace::new());
    let error = serve.with(|server| server.default_endpoint(0)).bind().await.unwrap_err();
    assert!(matches!(error, BindError::DefaultEndpoint { number: 0 }), "{error:?}");
}

#[tokio::test]
async fn a_rule_that_cannot_reach_it_is_an_error() {
    let hooked = || PeerOptions::new().hook(inbound(|_, _| Verdict::Pass));
    let framed = || PeerOptions::new().framing(FramingKind::Slip);
    for (rules, fits) in [
        (PeerRules::new().all(hooked()), false),
        (PeerRules::new().endpoint(0, hooked()), false),
        (PeerRules::new().endpoint(0, framed()), false),
        (PeerRules::new().all(framed()), true),
        (PeerRules::new().endpoint(1, hooked().or(framed())), true),
    ] {
        let (client, _far) = pipe(64);
        let serve = client.serve(AddressSpace::new()).with(|server| server.peer_rules(rules));
        match serve.bind().await {
            Ok(_) => assert!(fits),
            Err(error) => {
                assert!(matches!(error, BindError::Rule { endpoint: 0, .. }), "{error:?}");
                assert!(!fits);
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_had_beside_it_is_an_error_and_closes_the_client() {
    let taken = raw_udp().await.local_addr().unwrap();
    for bind in [true, false] {
        let (client, mut far) = pipe(1024);
        let _kept = std::net::UdpSocket::bind(taken).unwrap();
        let serve = client.serve(AddressSpace::new()).with(|server| server.udp(taken));
        if bind {
            let error = serve.bind().await.map(|_| ()).unwrap_err();
            assert!(matches!(error, BindError::Bind { .. }), "{error:?}");
        } else {
            let error = serve.await.unwrap_err();
            assert!(matches!(error, oscine::ServeError::Bind(_)), "{error:?}");
        }
        far.end().await;
    }
}

#[tokio::test]
async fn what_breaks_the_connection_is_told() {
    let (near, mut far) = tokio::io::duplex(1024);
    let framing = FramingKind::LengthPrefix;
    let client = Client::from_connection(Builder::new().framing(framing).wrap(near));
    let (serve, mut told) = telling(client.serve(AddressSpace::new()));
    let (_handle, ended) = serving(serve).await;
    far.write_all(&[0xff; 64]).await.unwrap();
    assert_eq!(told.next().await, "lost");
    within(ended).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn across_connections_what_waits_still_runs() {
    let (pen, mut noted) = log();
    let space = AddressSpace::new();
    space.fallback(move |message: Message| pen.note(message));
    let (client, line) = Line::standard();
    let (handle, ended) = serving(client.serve(space)).await;
    let mut far = line.accept();
    far.send(packet("/first", ())).await;
    assert_eq!(noted.next().await, "/first ,");
    far.send(bundle(now() + HOUR, &["kept"]).into()).await;
    until(|| handle.stats().pending == 1).await;
    drop(far);
    let mut far = line.accept();
    far.send(packet("/second", ())).await;
    assert_eq!(noted.next().await, "/second ,");
    assert_eq!(handle.stats().pending, 1);
    handle.run_pending();
    assert_eq!(noted.next().await, "/note ,s \"kept\"");
    handle.stop();
    within(ended).await.unwrap().unwrap();
    far.end().await;
}

/// What is read after the connection has broken is of who was there, with its rules.
#[tokio::test]
async fn a_peer_that_has_gone_is_who_it_was() {
    let listener = tokio::net::TcpListener::bind(LOOPBACK).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let endpoint = format!("osc.tcp://{addr}?framing=slip");
    let client = Client::builder().reconnect(true).connect(endpoint).await.unwrap();
    let (pen, mut noted) = log();
    let space = AddressSpace::new();
    space.method("/who", move |peer: Peer| pen.note(peer)).unwrap();
    let sender = client.sender();
    let (handle, ended) = serving(client.serve(space)).await;
    let (mut far, _) = within(listener.accept()).await.unwrap();
    let who = frame(FramingKind::Slip, packet("/who", ()).as_bytes());
    far.write_all(&who).await.unwrap();
    let expected = format!("tcp://{addr}");
    assert_eq!(noted.next().await, expected);
    handle.pause(0);
    until(|| handle.endpoint_state(0) == Some(PortState::Paused)).await;
    drop(listener);
    far.write_all(&who).await.unwrap();
    drop(far);
    until(|| !matches!(sender.state(), Some(State::Connected { .. }))).await;
    handle.resume(0);
    assert_eq!(noted.next().await, expected);
    handle.stop();
    within(ended).await.unwrap().unwrap();
}

/// A peer that takes nothing does not keep a client that ends: the grace of a server is over some time.
#[tokio::test]
async fn a_peer_that_takes_no_replies_is_not_waited_for_for_ever() {
    let space = AddressSpace::new();
    space.method("/big", || ("/big", vec![0_u8; 1000])).unwrap();
    let (client, mut far) = pipe(64);
    let server: Server = client.serve(space).bind().await.unwrap();
    let handle = server.handle();
    let serve = server.serve().grace(Duration::from_millis(50));
    let ended = tokio::spawn(serve.into_future());
    far.send(packet("/big", ())).await;
    far.send(packet("/big", ())).await;
    until(|| handle.stats().calls == 2).await;
    handle.stop();
    within(ended).await.unwrap().unwrap();
    far.end_broken().await;
}
