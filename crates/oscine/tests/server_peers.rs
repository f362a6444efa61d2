//! What a server sends to its peers, and what it does to their connections.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use common::log::{Log, Pen, log};
use common::wire::{Raw, frame, packet, raw_udp};
use common::{FRAMINGS, LOOPBACK, Running, until, within};
use oscine::transport::framing::FramingKind::{self, LengthPrefix, Slip};
use oscine::{
    AddressSpace, Bundle, Client, Message, Packet, Peer, SendError, Server, ServerBuilder,
    ServerHandle, TimeTag,
};
use tokio::sync::Notify;

/// A server whose `/hello` notes the peer.
async fn start(builder: ServerBuilder) -> (Running, Arc<Mutex<Vec<Peer>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let space = AddressSpace::new();
    let hears = Arc::clone(&heard);
    let hello = move |peer: Peer| {
        hears.lock().unwrap().push(peer);
        ("/hi", ())
    };
    space.method("/hello", hello).unwrap();
    (Running::bind(builder.address_space(space)).await, heard)
}

fn both() -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK)
}

async fn hello(client: &Client) {
    within(client.request(("/hello", ()), "/hi")).await.unwrap();
}

#[tokio::test]
async fn sending_to_a_peer_and_to_another_port_of_it() {
    let (server, heard) = start(both()).await;
    let (socket, other) = (raw_udp().await, raw_udp().await);
    let ask = packet("/hello", ());
    socket.send_to(ask.as_bytes(), server.udp()).await.unwrap();
    let mut buffer = [0; 200];
    within(socket.recv(&mut buffer)).await.unwrap();
    let peer = heard.lock().unwrap().remove(0);
    assert_eq!(peer.addr(), Some(socket.local_addr().unwrap()));
    let port = other.local_addr().unwrap().port();
    let at_other = peer.at_port(port).unwrap();
    let tag = TimeTag::from_unix(1_700_000_000, 0);
    let bundle = Bundle::new(tag, [Message::new("/b", 1).unwrap()]).unwrap();
    for (peer, socket) in [(&peer, &socket), (&at_other, &other)] {
        server.handle.send_to(peer, "/told", 7).unwrap();
        server.handle.send_bundle_to(peer, tag, [packet("/b", 1)]).unwrap();
        server.handle.send_packet_to(peer, packet("/c", "text")).unwrap();
        for expected in [packet("/told", 7), bundle.clone().into(), packet("/c", "text")] {
            let (length, from) = within(socket.recv_from(&mut buffer)).await.unwrap();
            assert_eq!((&buffer[..length], from), (expected.as_bytes(), server.udp()));
        }
    }
    let error = server.handle.send_to(&Peer::Local, "/told", 1).unwrap_err();
    assert_eq!(error, SendError::Gone { peer: Peer::Local });
    let error = server.handle.send_to(&peer, "no address", 1).unwrap_err();
    assert!(matches!(error, SendError::Encode(_)), "{error:?}");
    let error = server.handle.send_to(&peer, "/long", vec![0_u8; 70_000]).unwrap_err();
    assert!(matches!(error, SendError::System { .. }), "{error:?}");
    let stats = server.stop().await;
    assert_eq!((stats.sent, stats.send_failures), (7, 1));
}

#[tokio::test]
async fn sending_to_connections_in_their_framings() {
    let (server, heard) = start(both()).await;
    let tag = TimeTag::from_unix(1_700_000_000, 0);
    for framing in FRAMINGS {
        let mut client = server.tcp_client(framing).await;
        hello(&client).await;
        let peer = heard.lock().unwrap().remove(0);
        assert_eq!(peer.addr(), client.local_addr());
        assert_eq!(peer.at_port(1), None);
        server.handle.send_to(&peer, "/told", 7).unwrap();
        server.handle.send_bundle_to(&peer, tag, [packet("/b", 1)]).unwrap();
        assert_eq!(within(client.recv()).await.unwrap(), packet("/told", 7));
        let expected = Bundle::new(tag, [packet("/b", 1)]).unwrap();
        assert_eq!(within(client.recv()).await.unwrap(), Packet::from(expected));
    }
    assert_eq!(server.stop().await.sent, 9);
}

#[cfg(unix)]
#[tokio::test]
async fn unix_peers_with_and_without_a_path() {
    let folder = common::folder::Folder::new();
    let faults = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&faults);
    let builder = Server::builder()
        .unix(folder.text("server"))
        .on_error(move |fault| told.lock().unwrap().push(fault.to_string()));
    let (server, heard) = start(builder).await;
    let unnamed = tokio::net::UnixDatagram::unbound().unwrap();
    let hello_packet = packet("/hello", ());
    unnamed.send_to(hello_packet.as_bytes(), folder.path("server")).await.unwrap();
    until(|| server.handle.stats().send_failures == 1).await;
    let named = Client::builder().bind_path(folder.path("client"));
    let mut named = named.connect(format!("osc.unix://{}", folder.text("server"))).await.unwrap();
    hello(&named).await;
    let peers = heard.lock().unwrap().clone();
    assert_eq!((peers[0].path(), peers[1].path()), (None, Some(&*folder.path("client"))));
    let error = server.handle.send_to(&peers[0], "/told", 1).unwrap_err();
    assert!(matches!(error, SendError::System { .. }), "{error:?}");
    server.handle.send_to(&peers[1], "/told", 1).unwrap();
    assert_eq!(within(named.recv()).await.unwrap(), packet("/told", 1));
    // One that has gone.
    drop(named);
    let error = server.handle.send_to(&peers[1], "/told", 1).unwrap_err();
    assert!(matches!(error, SendError::System { .. }), "{error:?}");
    assert_eq!(faults.lock().unwrap().len(), 3);
    assert_eq!(server.stop().await.send_failures, 3);
}

/// A unix peer that reads nothing holds up neither the others at its endpoint nor the end of the server.
#[cfg(unix)]
#[tokio::test]
async fn a_deaf_unix_peer_holds_up_nobody() {
    let folder = common::folder::Folder::new();
    let (server, heard) = start(Server::builder().unix(folder.text("server"))).await;
    let handle = &server.handle;
    let endpoint = format!("osc.unix://{}", folder.text("server"));
    let other = Client::builder().bind_path(folder.path("other")).connect(&endpoint).await;
    let mut other = other.unwrap();
    let deaf = tokio::net::UnixDatagram::bind(folder.path("deaf")).unwrap();
    let mut buffer = [0; 100];
    deaf.send_to(packet("/hello", ()).as_bytes(), folder.path("server")).await.unwrap();
    within(deaf.recv(&mut buffer)).await.unwrap();
    let peer = heard.lock().unwrap().remove(0);
    // More than the system keeps for it, and less than the server does.
    let count = 700;
    for number in 0..count {
        handle.send_to(&peer, "/told", number).unwrap();
    }
    for _ in 0..3 {
        hello(&other).await;
    }
    until(|| handle.stats().send_failures > 0).await;
    // Those that were taken for it are still there for it, in order.
    for number in 0..5 {
        let length = within(deaf.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..length], packet("/told", number).as_bytes());
    }
    let peer = heard.lock().unwrap().pop().unwrap();
    for number in 0..50 {
        handle.send_to(&peer, "/told", number).unwrap();
        assert_eq!(within(other.recv()).await.unwrap(), packet("/told", number));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_is_kicked_ends_and_the_others_stay() {
    let (server, heard) = start(both()).await;
    let handle = &server.handle;
    let mut kicked = server.tcp_client(Slip).await;
    let other = server.tcp_client(LengthPrefix).await;
    let over_udp = server.udp_client().await;
    for client in [&kicked, &other, &over_udp] {
        hello(client).await;
    }
    let peers = std::mem::take(&mut *heard.lock().unwrap());
    let mut connections = handle.connections();
    connections.sort();
    assert_eq!(connections, peers[..2]);
    assert!(handle.kick(&peers[0]));
    assert!(!handle.kick(&peers[2]) && !handle.kick(&Peer::Local));
    assert_eq!(within(kicked.recv()).await, None);
    until(|| handle.connections() == peers[1..2]).await;
    assert!(!handle.kick(&peers[0]));
    let error = handle.send_to(&peers[0], "/told", 1).unwrap_err();
    assert_eq!(error, SendError::Gone { peer: peers[0].clone() });
    hello(&other).await;
    assert_eq!(server.stop().await.connections, 2);
}

#[tokio::test]
async fn connections_that_are_not_wanted() {
    let (asked, closed) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let hears = Arc::clone(&closed);
    let wants = move |peer: &Peer| {
        assert!(matches!(peer, Peer::Tcp { endpoint: 1, .. }));
        match asked.fetch_add(1, Ordering::Relaxed) {
            0 => false,
            1 => panic!("a test of panics"),
            _ => true,
        }
    };
    let builder = both()
        .on_connect(wants)
        .on_disconnect(move |peer| hears.lock().unwrap().push(peer.clone()));
    let (server, heard) = start(builder).await;
    for framing in [Slip, LengthPrefix] {
        let mut refused = server.tcp_client(framing).await;
        let _ = refused.send(("/hello", ())).await;
        assert_eq!(within(refused.recv()).await, None);
    }
    let wanted = server.tcp_client(Slip).await;
    hello(&wanted).await;
    drop(wanted);
    until(|| !closed.lock().unwrap().is_empty()).await;
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.refused_connections, stats.calls), (1, 2, 1));
    assert_eq!(*closed.lock().unwrap(), *heard.lock().unwrap());
}

/// However a connection ends, it is told once.
#[tokio::test]
async fn each_connection_is_closed_once() {
    let opened = Arc::new(Mutex::new(Vec::new()));
    let closed = Arc::new(Mutex::new(Vec::new()));
    let (opens, closes) = (Arc::clone(&opened), Arc::clone(&closed));
    let wants = move |peer: &Peer| {
        opens.lock().unwrap().push(peer.clone());
        true
    };
    let closes = move |peer: &Peer| {
        closes.lock().unwrap().push(peer.clone());
        panic!("a test of panics");
    };
    let builder = both().tcp(LOOPBACK).on_connect(wants).on_disconnect(closes);
    let (server, heard) = start(builder).await;
    let handle = &server.handle;
    let connect = async |framing: FramingKind| {
        let client = server.tcp_client(framing).await;
        hello(&client).await;
        (client, heard.lock().unwrap().pop().unwrap())
    };
    let count = || closed.lock().unwrap().len();
    // The peer closes, ends its direction, resets, sends what ends the stream; the server kicks.
    drop(connect(Slip).await);
    until(|| count() == 1).await;
    let mut raw = Raw::connect(server.tcp()).await;
    raw.finish().await;
    raw.read_to_end().await;
    until(|| count() == 2).await;
    let raw = Raw::connect(server.tcp()).await;
    raw.stream.set_zero_linger().unwrap();
    drop(raw);
    until(|| count() == 3).await;
    let mut raw = Raw::connect(server.tcp()).await;
    raw.write(&u32::MAX.to_be_bytes()).await;
    raw.read_to_end().await;
    until(|| count() == 4).await;
    let (_kept, peer) = connect(LengthPrefix).await;
    handle.kick(&peer);
    handle.kick(&peer);
    until(|| count() == 5).await;
    let third = Client::connect(&handle.endpoints()[2]).await.unwrap();
    hello(&third).await;
    handle.close_endpoint(2);
    until(|| count() == 6).await;
    let (_last, _) = connect(Slip).await;
    assert_eq!(server.stop().await.connections, 7);
    let sorted = |peers: &Mutex<Vec<Peer>>| {
        let mut peers = peers.lock().unwrap().clone();
        peers.sort();
        peers
    };
    assert_eq!(sorted(&opened), sorted(&closed));
}

#[tokio::test]
async fn a_connection_that_is_cut_before_it_begins_is_closed_too() {
    for _ in 0..20 {
        let serving = Arc::new(OnceLock::<tokio::task::AbortHandle>::new());
        let closed = Arc::new(AtomicUsize::new(0));
        let (aborts, closes) = (Arc::clone(&serving), Arc::clone(&closed));
        let wants = move |_: &Peer| {
            aborts.get().unwrap().abort();
            true
        };
        let closes = move |_: &Peer| _ = closes.fetch_add(1, Ordering::Relaxed);
        let builder = Server::builder().tcp(LOOPBACK).on_connect(wants).on_disconnect(closes);
        let server = Running::bind(builder).await;
        serving.set(server.task.abort_handle()).unwrap();
        let mut raw = Raw::connect(server.tcp()).await;
        raw.read_to_end().await;
        within(server.handle.stopped()).await;
        assert_eq!(closed.load(Ordering::Relaxed), 1);
    }
}

fn waiting_space(pen: &Pen, gate: &Arc<Notify>) -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/note", pen.handler("noted")).unwrap();
    let (pen, gate) = (pen.clone(), Arc::clone(gate));
    let wait = move || {
        let (pen, gate) = (pen.clone(), Arc::clone(&gate));
        async move {
            pen.note("waits");
            gate.notified().await;
        }
    };
    space.method("/wait", wait).unwrap();
    space
}

/// What a peer sent before it was kicked runs, and the peer is forgotten nevertheless.
#[tokio::test]
async fn a_peer_that_is_kicked_is_forgotten_after_what_it_sent_has_run() {
    let (pen, mut log): (Pen, Log) = log();
    let gate = Arc::new(Notify::new());
    let server = Running::bind(both().address_space(waiting_space(&pen, &gate))).await;
    let handle: &ServerHandle = &server.handle;
    for round in 1..=20 {
        let client = server.tcp_client(Slip).await;
        client.send(("/wait", ())).await.unwrap();
        assert_eq!(log.next().await, "waits");
        client.send(("/note", ())).await.unwrap();
        until(|| handle.stats().received == 2 * round).await;
        let peer = handle.connections().remove(0);
        assert!(handle.peer(&peer).is_some());
        // The connection has handed over what it has read by then.
        tokio::task::yield_now().await;
        handle.kick(&peer);
        until(|| handle.connections().is_empty()).await;
        gate.notify_one();
        assert_eq!(log.next().await, "noted");
        until(|| handle.peers().is_empty()).await;
    }
    server.stop().await;
}

/// Much is sent by a client that wants no replies, and closes at once.
#[tokio::test]
async fn what_was_sent_by_a_peer_that_does_not_read_its_replies_runs() {
    const COUNT: u64 = 5_000;
    let space = AddressSpace::new();
    space.method("/ask", |_: i32| ("/reply", "which nobody reads".repeat(20))).unwrap();
    for framing in [Slip, LengthPrefix] {
        let server = Running::start(space.clone()).await;
        let mut raw = Raw::connect(server.tcp()).await;
        let ask: Packet = packet("/ask", 1);
        let all = frame(framing, ask.as_bytes()).repeat(usize::try_from(COUNT).unwrap());
        raw.write(&all).await;
        drop(raw);
        until(|| server.handle.connections().is_empty() && server.handle.stats().connections == 1)
            .await;
        assert_eq!(server.stop().await.calls, COUNT);
    }
}
