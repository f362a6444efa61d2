//! Connections that the program accepts itself, as an endpoint of a server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::endpoints::{ask_where, client, space};
use common::wire::{frame, packet};
use common::{FRAMINGS, LOOPBACK, Running, never, until, within};
use futures::{StreamExt, stream};
use oscine::transport::connection::Builder;
use oscine::transport::framing::FramingKind::{Auto, Slip};
use oscine::{
    AddressSpace, BindError, Client, Networks, Peer, PeerAddr, SendError, Server, ServerBuilder,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

type Item<C> = io::Result<C>;

/// A stream of connections and what feeds it.
fn door<C>() -> (mpsc::UnboundedSender<Item<C>>, impl futures::Stream<Item = Item<C>>) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    (sender, stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}

fn pipe() -> (Client, DuplexStream) {
    let (near, far) = duplex(64 * 1024);
    (Client::from_connection(Builder::new().framing(Slip).wrap(far)), near)
}

fn beside(builder: ServerBuilder) -> ServerBuilder {
    builder.udp(LOOPBACK).address_space(space("server"))
}

/// `/peer` notes who has sent it, and answers.
fn noting() -> (AddressSpace, Arc<Mutex<Vec<Peer>>>) {
    let (space, heard) = (space("server"), Arc::new(Mutex::new(Vec::new())));
    let hears = Arc::clone(&heard);
    let note = move |peer: Peer| {
        hears.lock().unwrap().push(peer);
        ("/noted", ())
    };
    space.method("/peer", note).unwrap();
    (space, heard)
}

#[tokio::test]
async fn they_are_served_as_those_of_a_listener() {
    let (space, heard) = noting();
    let (closed, opened) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
    let (closes, opens) = (Arc::clone(&closed), Arc::clone(&opened));
    let (nameless, by_name, by_addr) = (
        door::<DuplexStream>(),
        door::<(DuplexStream, &str)>(),
        door::<(DuplexStream, SocketAddr)>(),
    );
    let builder = Server::builder()
        .connections(nameless.1, Auto)
        .udp(LOOPBACK)
        .connections(by_name.1, Auto)
        .connections(by_addr.1, Auto)
        .on_connect(move |peer| {
            opens.lock().unwrap().push(peer.clone());
            true
        })
        .on_disconnect(move |peer| closes.lock().unwrap().push(peer.clone()))
        .address_space(space);
    let server = Running::bind(builder).await;
    let handle = &server.handle;
    let addr: SocketAddr = "10.0.0.1:9".parse().unwrap();
    let mut clients = Vec::new();
    let note = async |client: &Client| {
        within(client.request(("/peer", ()), "/noted")).await.unwrap();
    };
    let (client, near) = pipe();
    nameless.0.send(Ok(near)).unwrap();
    assert_eq!(ask_where(&client).await, 0);
    note(&client).await;
    clients.push(client);
    let (client, near) = pipe();
    by_name.0.send(Ok((near, "desk"))).unwrap();
    assert_eq!(ask_where(&client).await, 2);
    note(&client).await;
    clients.push(client);
    let (client, near) = pipe();
    by_addr.0.send(Ok((near, addr))).unwrap();
    assert_eq!(ask_where(&client).await, 3);
    note(&client).await;
    clients.push(client);
    let peers = heard.lock().unwrap().clone();
    assert_eq!(*opened.lock().unwrap(), peers);
    let texts = peers.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(texts, ["stream://connection/0", "stream://desk", "stream://10.0.0.1:9"]);
    assert_eq!((peers[1].name(), peers[2].addr()), (Some("desk"), Some(addr)));
    let mut connections = handle.connections();
    connections.sort();
    assert_eq!(connections, peers);
    // Each is sent to, and kicked, by itself.
    handle.send_to(&peers[1], "/told", 7).unwrap();
    assert_eq!(within(clients[1].recv()).await.unwrap(), packet("/told", 7));
    assert!(handle.kick(&peers[1]));
    assert_eq!(within(clients[1].recv()).await, None);
    until(|| closed.lock().unwrap().len() == 1).await;
    assert_eq!(*closed.lock().unwrap(), peers[1..2]);
    let gone = SendError::Gone { peer: peers[1].clone() };
    assert_eq!(handle.send_to(&peers[1], "/told", 7), Err(gone));
    assert_eq!((ask_where(&clients[0]).await, ask_where(&clients[2]).await), (0, 3));
    assert_eq!(handle.endpoints().len(), 1);
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.received, stats.transport.connections.opened), (3, 8, 3));
    assert_eq!(closed.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn every_framing_and_what_is_too_long() {
    for framing in FRAMINGS {
        let (mut far, near) = duplex(1024);
        let once = stream::iter([Ok(near)]).chain(stream::pending());
        let builder = Server::builder().connections(once, framing).max_frame(32);
        let server = Running::bind(beside(builder)).await;
        let wire = if framing == Auto { Slip } else { framing };
        let bytes = frame(wire, packet("/where", ()).as_bytes());
        far.write_all(&bytes).await.unwrap();
        let expected = frame(wire, packet("/here", 0).as_bytes());
        let mut answer = vec![0; expected.len()];
        within(far.read_exact(&mut answer)).await.unwrap();
        assert_eq!(answer, expected);
        let long = frame(wire, packet("/where", "longer than 32 bytes, all in all").as_bytes());
        far.write_all(&long).await.unwrap();
        until(|| server.handle.stats().bad == 1).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn there_are_no_more_than_may_be() {
    let (sender, door) = door();
    let builder = Server::builder().connections(door, Auto).max_connections(1);
    let server = Running::bind(beside(builder)).await;
    let (first, near) = pipe();
    sender.send(Ok(near)).unwrap();
    ask_where(&first).await;
    let (second, near) = pipe();
    sender.send(Ok(near)).unwrap();
    second.send(("/who", ())).await.unwrap();
    never(|| server.handle.stats().connections > 1).await;
    drop(first);
    ask_where(&second).await;
    assert_eq!(server.stop().await.connections, 2);
}

#[tokio::test]
async fn failures_are_counted_and_survived() {
    let (sender, door) = door();
    let server = Running::bind(beside(Server::builder().connections(door, Auto))).await;
    let handle = &server.handle;
    for number in 1..=3 {
        for error in [io::Error::other("handshake"), io::Error::from_raw_os_error(24)] {
            sender.send(Err(error)).unwrap();
        }
        let (client, near) = pipe();
        sender.send(Ok(near)).unwrap();
        assert_eq!(ask_where(&client).await, 0);
        assert_eq!(handle.stats().transport.connections.failed, 2 * number);
    }
    server.stop().await;
}

/// A stream that is always ready starves nobody: whether it fails, or brings what nobody wants.
#[tokio::test]
async fn a_stream_that_is_always_ready_starves_nobody() {
    let failing = || stream::repeat_with(|| Err::<DuplexStream, _>(io::Error::other("handshake")));
    let bringing = || stream::repeat_with(|| Ok(duplex(64).0));
    for builder in [
        Server::builder().connections(failing(), Auto),
        Server::builder().connections(bringing(), Auto).on_connect(|_| false),
        // Closed by the peer at once, for ever.
        Server::builder().connections(bringing(), Auto),
    ] {
        let server = Running::bind(beside(builder)).await;
        let udp = client(&server.handle, 0).await;
        for _ in 0..5 {
            assert_eq!(ask_where(&udp).await, 1);
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn those_that_were_accepted_outlive_the_stream() {
    let (sender, door) = door();
    let server = Running::bind(beside(Server::builder().connections(door, Auto))).await;
    let handle = &server.handle;
    let ((first, one), (second, two)) = (pipe(), pipe());
    sender.send(Ok(one)).unwrap();
    sender.send(Ok(two)).unwrap();
    drop(sender);
    for _ in 0..3 {
        assert_eq!((ask_where(&first).await, ask_where(&second).await), (0, 0));
    }
    drop(first);
    until(|| handle.connections().len() == 1).await;
    assert_eq!(ask_where(&second).await, 0);
    assert!(handle.endpoint_state(0).is_some());
    drop(second);
    until(|| handle.endpoint_state(0).is_none()).await;
    assert_eq!(ask_where(&client(handle, 0).await).await, 1);
    assert_eq!(server.stop().await.connections, 2);
}

#[tokio::test]
async fn an_endpoint_that_never_had_any_is_forgotten_too() {
    let none = stream::empty::<io::Result<DuplexStream>>();
    let server = Running::bind(beside(Server::builder().connections(none, Auto))).await;
    until(|| server.handle.endpoint_state(0).is_none()).await;
    // So is a stream of bytes that is not wanted.
    server.stop().await;
    let builder = Server::builder().stream(duplex(64).0, Auto).on_connect(|_| false);
    let server = Running::bind(beside(builder)).await;
    until(|| server.handle.endpoint_state(0).is_none()).await;
    assert_eq!(server.stop().await.refused_connections, 1);
}

#[tokio::test]
async fn networks_hold_for_those_with_an_address() {
    let (sender, door) = door();
    let networks = Networks::new().deny("10.0.0.0/8").unwrap();
    let builder = Server::builder().connections(door, Auto).networks(networks);
    let server = Running::bind(beside(builder)).await;
    let addr = |text: &str| PeerAddr::Ip(text.parse().unwrap());
    let (mut denied, near) = pipe();
    sender.send(Ok((near, addr("10.0.0.1:9")))).unwrap();
    assert_eq!(within(denied.recv()).await, None);
    for peer in [addr("11.0.0.1:9"), "10.0.0.1:9".into(), PeerAddr::Unnamed] {
        let (client, near) = pipe();
        sender.send(Ok((near, peer))).unwrap();
        ask_where(&client).await;
    }
    let stats = server.stop().await;
    assert_eq!((stats.refused_connections, stats.connections), (1, 3));
}

#[tokio::test]
async fn one_that_is_added_can_be_paused_and_closed() {
    let server = Running::start(space("server")).await;
    let handle = server.handle.clone();
    let (sender, door) = door();
    let alive = CancellationToken::new();
    let guard = alive.clone().drop_guard();
    let door = door.inspect(move |_| _ = &guard);
    assert_eq!(handle.add_connections(door, Auto).unwrap(), 2);
    let (mut first, near) = pipe();
    sender.send(Ok(near)).unwrap();
    assert_eq!(ask_where(&first).await, 2);
    assert!(handle.pause(2));
    // It has to notice, which takes it a turn.
    tokio::time::sleep(Duration::from_millis(5)).await;
    let (mut second, near) = pipe();
    sender.send(Ok(near)).unwrap();
    never(|| handle.stats().connections > 1).await;
    assert!(handle.resume(2));
    assert_eq!(ask_where(&second).await, 2);
    assert!(handle.close_endpoint(2));
    assert_eq!((within(first.recv()).await, within(second.recv()).await), (None, None));
    // The stream is let go of.
    within(alive.cancelled()).await;
    until(|| handle.endpoint_state(2).is_none()).await;
    assert_eq!(ask_where(&client(&handle, 1).await).await, 1);
    server.stop().await;
    let error = handle.add_connections(stream::iter([Ok(pipe().1)]), Auto);
    assert!(matches!(error, Err(BindError::Stopped)), "{error:?}");
}

#[tokio::test]
async fn replies_go_out_when_the_server_stops() {
    let space = AddressSpace::new();
    space
        .method("/stop", |reply: oscine::Reply| {
            for number in 0..100 {
                reply.send("/told", number).unwrap();
            }
        })
        .unwrap();
    let (mut client, near) = pipe();
    let once = stream::iter([Ok(near)]).chain(stream::pending());
    let builder = Server::builder().connections(once, Auto).address_space(space);
    let server = Running::bind(builder).await;
    client.send(("/stop", ())).await.unwrap();
    until(|| server.handle.stats().calls == 1).await;
    server.handle.stop();
    for number in 0..100 {
        assert_eq!(within(client.recv()).await.unwrap(), packet("/told", number));
    }
    assert_eq!(within(client.recv()).await, None);
    within(server.handle.stopped()).await;
}
