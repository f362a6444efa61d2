//! Endpoints of a server that are added, paused and closed while it serves.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use common::endpoints::{addr, ask_where, ask_who, client, space};
use common::log::log;
use common::timed::HOUR;
use common::wire::{Raw, frame, packet, raw_udp};
use common::{FRAMINGS, LOOPBACK, Running, held_by, until, within};
use oscine::transport::framing::FramingKind;
use oscine::{
    AddressSpace, Bind, BindError, Client, Endpoint, Peer, PortState, SendError, Server,
    ServerHandle,
};
use tokio::sync::Notify;

/// Binds what an endpoint has left, as soon as it has.
async fn is_free(addr: SocketAddr, tcp: bool) {
    until(|| match tcp {
        true => std::net::TcpListener::bind(addr).is_ok(),
        false => std::net::UdpSocket::bind(addr).is_ok(),
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_is_added_is_usable_at_once() {
    let heard = Arc::new(AtomicUsize::new(0));
    let hears = Arc::clone(&heard);
    let builder = Server::builder()
        .udp(LOOPBACK)
        .on_bound(move |_| _ = hears.fetch_add(1, Ordering::Relaxed))
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    let handle = &server.handle;
    let own = Bind::new("osc.tcp://127.0.0.1:0").address_space(space("own"));
    assert_eq!(handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap(), 1);
    assert_eq!(handle.add_endpoint(own).await.unwrap(), 2);
    // What cannot be bound takes no number.
    let error = handle.add_endpoint("here").await.unwrap_err();
    assert!(matches!(error, BindError::Endpoint { .. }), "{error:?}");
    let error = handle.add_endpoint(&handle.endpoints()[1]).await.unwrap_err();
    assert!(matches!(error, BindError::Bind { .. }), "{error:?}");
    assert_eq!(handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap(), 3);
    assert_eq!(heard.load(Ordering::Relaxed), 4);
    for (number, name) in [(0, "server"), (1, "server"), (2, "own"), (3, "server")] {
        let client = client(handle, usize::try_from(number).unwrap()).await;
        assert_eq!((ask_where(&client).await, ask_who(&client).await), (number, name.into()));
    }
    // Replies leave from the socket that was written to.
    let socket = raw_udp().await;
    let added = addr(handle, 3).await;
    socket.send_to(packet("/who", ()).as_bytes(), added).await.unwrap();
    let (_, from) = within(socket.recv_from(&mut [0; 100])).await.unwrap();
    assert_eq!(from, added);
    server.stop().await;
}

#[tokio::test]
async fn a_handler_may_add_an_endpoint_and_close_its_own() {
    let own = Arc::new(OnceLock::<ServerHandle>::new());
    let space = space("server");
    let handle = Arc::clone(&own);
    let add = move || {
        let handle = handle.get().unwrap().clone();
        async move {
            let number = handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap();
            ("/added", handle.endpoints()[number].to_string())
        }
    };
    space.method("/add", add).unwrap();
    let handle = Arc::clone(&own);
    let close = move |peer: Peer| {
        assert!(handle.get().unwrap().close_endpoint(peer.endpoint().unwrap()));
    };
    space.method("/close", close).unwrap();
    let server = Running::bind(Server::builder().udp(LOOPBACK).address_space(space)).await;
    own.set(server.handle.clone()).unwrap();
    let first = server.udp_client().await;
    let added = within(first.request(("/add", ()), "/added")).await.unwrap();
    let added: Endpoint = added.args().parse::<String>().unwrap().parse().unwrap();
    let second = Client::connect(&added).await.unwrap();
    assert_eq!(ask_where(&second).await, 1);
    first.send(("/close", ())).await.unwrap();
    until(|| server.handle.endpoint_state(0) == Some(PortState::Closed)).await;
    assert_eq!(ask_where(&second).await, 1);
    is_free(server.udp(), false).await;
    server.stop().await;
}

#[tokio::test]
async fn a_paused_udp_endpoint_reads_nothing_until_it_is_resumed() {
    let (pen, mut log) = log();
    let space = space("server");
    space.method("/note", pen.handler("noted")).unwrap();
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).address_space(space);
    let server = Running::bind(builder).await;
    let handle = &server.handle;
    let (first, second) = (client(handle, 0).await, client(handle, 1).await);
    ask_where(&first).await;
    for _ in 0..2 {
        assert!(handle.pause(0));
        assert_eq!(handle.endpoint_state(0), Some(PortState::Paused));
    }
    first.send(("/note", ())).await.unwrap();
    for _ in 0..20 {
        assert_eq!(ask_where(&second).await, 1);
    }
    assert_eq!(handle.stats().messages, 21);
    assert!(handle.resume(0) && handle.resume(0));
    assert_eq!(log.next().await, "noted");
    assert_eq!(ask_where(&first).await, 0);
    server.stop().await;
}

/// Nobody waits for those to be resumed.
#[tokio::test]
async fn a_server_with_paused_endpoints_stops_at_once() {
    let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK);
    #[cfg(unix)]
    let folder = common::folder::Folder::new();
    #[cfg(unix)]
    let builder = builder
        .unix(folder.text("datagrams"))
        .unix(format!("{}?framing=slip", folder.text("stream")));
    let server = Running::with_grace(builder, HOUR).await;
    let _client = server.tcp_client(FRAMINGS[0]).await;
    until(|| server.handle.connections().len() == 1).await;
    for number in 0..server.handle.endpoints().len() {
        assert!(server.handle.pause(number));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_paused_tcp_endpoint_keeps_its_connections_and_sends() {
    let (pen, mut log) = log();
    let space = space("server");
    space.method("/note", pen.handler("noted")).unwrap();
    let server = Running::start(space).await;
    let handle = &server.handle;
    let mut connected = server.tcp_client(FramingKind::Slip).await;
    assert_eq!(ask_where(&connected).await, 1);
    let peer = handle.connections().remove(0);
    // The connection has to notice, which takes it a turn.
    assert!(handle.pause(1));
    until(|| handle.stats().messages == 1).await;
    connected.send(("/note", ())).await.unwrap();
    let late = server.tcp_client(FramingKind::Slip).await;
    late.send(("/note", ())).await.unwrap();
    for number in 0..20 {
        handle.send_to(&peer, "/told", number).unwrap();
        assert_eq!(within(connected.recv()).await.unwrap(), packet("/told", number));
    }
    assert_eq!((handle.stats().messages, handle.stats().connections), (1, 1));
    assert!(handle.resume(1));
    assert_eq!(log.take(2).await, ["noted", "noted"]);
    assert_eq!(ask_where(&late).await, 1);
    assert_eq!(server.stop().await.connections, 2);
}

#[tokio::test]
async fn connections_that_were_paused_while_they_waited_leave_their_places_to_others() {
    const PAUSED: u64 = 200;
    let (pen, mut log) = log();
    let gate = Arc::new(Notify::new());
    let space = AddressSpace::new();
    space.method("/slow", held_by(&gate)).unwrap();
    space.method("/note", pen.handler("noted")).unwrap();
    let server = Running::bind(Server::builder().tcp(LOOPBACK).tcp(LOOPBACK).address_space(space));
    let server = server.await;
    let handle = &server.handle;
    client(handle, 1).await.send(("/slow", ())).await.unwrap();
    until(|| handle.stats().messages == 1).await;
    // More than three times as many as may wait to be run: the others wait for a place.
    let mut waiting = Vec::new();
    for _ in 0..PAUSED {
        let mut raw = Raw::connect(addr(handle, 0).await).await;
        raw.write(&frame(FramingKind::Slip, packet("/a", ()).as_bytes())).await;
        waiting.push(raw);
    }
    until(|| handle.stats().received == 1 + PAUSED).await;
    assert!(handle.pause(0));
    // They notice before the places come free.
    tokio::task::yield_now().await;
    gate.notify_one();
    client(handle, 1).await.send(("/note", ())).await.unwrap();
    assert_eq!(log.next().await, "noted");
    assert!(handle.resume(0));
    until(|| handle.stats().messages == 2 + PAUSED).await;
    server.stop().await;
}

#[tokio::test]
async fn a_closed_endpoint_frees_its_port_and_ends_its_connections() {
    let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).tcp(LOOPBACK).udp(LOOPBACK);
    let server = Running::bind(builder.address_space(space("server"))).await;
    let handle = &server.handle;
    let endpoints = handle.endpoints();
    let mut clients = Vec::new();
    for number in 0..4 {
        clients.push(client(handle, number).await);
        ask_where(&clients[number]).await;
    }
    let udp_peer = handle.peers().into_iter().find(|view| view.peer.endpoint() == Some(0)).unwrap();
    assert!(handle.pause(1), "one that is paused can be closed");
    for number in [0, 1] {
        assert!(handle.close_endpoint(number));
        assert!(!handle.close_endpoint(number));
        assert!(!handle.pause(number) && !handle.resume(number));
        assert_eq!(handle.endpoint_state(number), Some(PortState::Closed));
    }
    assert_eq!(within(clients[1].recv()).await, None);
    is_free(addr(handle, 0).await, false).await;
    is_free(addr(handle, 1).await, true).await;
    until(|| handle.connections().len() == 1).await;
    let error = handle.send_to(&udp_peer.peer, "/gone", ()).unwrap_err();
    assert_eq!(error, SendError::Gone { peer: udp_peer.peer });
    // The others go on under their numbers, and what was counted stays counted.
    assert_eq!((ask_where(&clients[2]).await, ask_where(&clients[3]).await), (2, 3));
    assert_eq!((handle.endpoints(), handle.stats().received), (endpoints, 6));
    // The same port again is another number.
    assert_eq!(handle.add_endpoint(&handle.endpoints()[0]).await.unwrap(), 4);
    assert_eq!(ask_where(&clients[0]).await, 4);
    server.stop().await;
}

#[tokio::test]
async fn numbers_that_never_were_are_harmless() {
    let server = Running::start(space("server")).await;
    let handle = &server.handle;
    for number in [2, usize::MAX] {
        assert!(!handle.pause(number) && !handle.resume(number) && !handle.close_endpoint(number));
        assert_eq!(handle.endpoint_state(number), None);
    }
    assert_eq!(ask_where(&server.udp_client().await).await, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_has_stopped_takes_no_endpoint_and_holds_no_port() {
    let server = Running::start(space("server")).await;
    let handle = server.handle.clone();
    let addrs = [server.udp(), server.tcp()];
    server.stop().await;
    for (addr, scheme) in [(addrs[0], "udp"), (addrs[1], "tcp")] {
        let error = handle.add_endpoint(format!("osc.{scheme}://{addr}")).await.unwrap_err();
        assert!(matches!(error, BindError::Stopped), "{error:?}");
        is_free(addr, scheme == "tcp").await;
    }
    assert_eq!(handle.endpoints().len(), 2);
    assert!(handle.pause(0) && handle.resume(0) && handle.close_endpoint(0));
    handle.run_pending();
    assert_eq!(handle.drop_pending(), 0);
    assert!(handle.connections().is_empty() && handle.pending().is_empty());
}

#[tokio::test]
async fn no_udp_endpoint_starves_another() {
    const AT_ONCE: usize = 1_000;
    const MOST: usize = 20_000;
    let space = AddressSpace::new();
    let (flood, floods) = (std::net::UdpSocket::bind(LOOPBACK).unwrap(), AtomicUsize::new(0));
    let to = Arc::new(OnceLock::<SocketAddr>::new());
    let flooded = Arc::clone(&to);
    // Each message is followed by another before it is through: this endpoint is never empty.
    let again = move || {
        if floods.fetch_add(1, Ordering::Relaxed) < MOST {
            let _ = flood.send_to(packet("/again", ()).as_bytes(), flooded.get().unwrap());
        }
    };
    space.method("/again", again).unwrap();
    space.method("/other", || ("/answer", ())).unwrap();
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).address_space(space);
    let server = builder.bind().await.unwrap();
    let handle = server.handle();
    to.set(addr(&handle, 0).await).unwrap();
    // More than one read takes.
    client(&handle, 0).await.send_all(&vec![packet("/again", ()); AT_ONCE]).await.unwrap();
    let mut other = client(&handle, 1).await;
    other.send(("/other", ())).await.unwrap();
    let answered = async {
        within(other.recv()).await.unwrap();
        handle.stop();
    };
    let (served, ()) = tokio::join!(server.serve().into_future(), answered);
    served.unwrap();
    let messages = handle.stats().messages;
    assert!(messages < MOST as u64, "answered after {messages} messages of the other endpoint");
}
