//! What is queued for a peer goes out when the server closes its connection, for a second at most.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::{Arc, Mutex};

use common::endpoints::{ask_where, client, space};
use common::wire::{Raw, frame, packet};
use common::{LOOPBACK, Running, until, within};
use oscine::transport::framing::FramingKind::{LengthPrefix, Slip};
use oscine::{Peer, SendError, Server, ServerHandle};
use tokio::io::AsyncReadExt;
use tokio::task::yield_now;

/// Closes the connection of a peer.
type Close = fn(&ServerHandle, &Peer);

const WAYS: [Close; 2] = [
    |handle, peer| assert!(handle.kick(peer)),
    |handle, peer| assert!(handle.close_endpoint(peer.endpoint().unwrap())),
];

#[tokio::test]
async fn what_is_queued_goes_out() {
    for (close, framing) in WAYS.into_iter().zip([Slip, LengthPrefix]) {
        let server = Running::start(space("server")).await;
        let handle = &server.handle;
        let mut client = server.tcp_client(framing).await;
        ask_where(&client).await;
        let peer = handle.connections().remove(0);
        for number in 0..1000 {
            handle.send_to(&peer, "/told", number).unwrap();
        }
        close(handle, &peer);
        for number in 0..1000 {
            assert_eq!(within(client.recv()).await.unwrap(), packet("/told", number));
        }
        assert_eq!(within(client.recv()).await, None);
        until(|| handle.connections().is_empty()).await;
        let gone = SendError::Gone { peer: peer.clone() };
        assert_eq!(handle.send_to(&peer, "/told", 1), Err(gone));
        assert_eq!(server.stop().await.send_failures, 1);
    }
}

/// When the server stops, a peer that reads slowly gets its replies, though it has sent what nobody reads any more.
#[tokio::test]
async fn a_slow_reader_gets_its_replies_when_the_server_stops() {
    const COUNT: usize = 32;
    let space = space("server");
    space.method("/long", || ("/long", vec![7_u8; 32 * 1024])).unwrap();
    let server = Running::start(space).await;
    let handle = server.handle.clone();
    let mut slow = Raw::connect(server.tcp()).await;
    for _ in 0..COUNT {
        slow.write(&frame(LengthPrefix, packet("/long", ()).as_bytes())).await;
    }
    until(|| handle.stats().calls == COUNT as u64).await;
    let peer = handle.connections().remove(0);
    assert!(handle.pause(peer.endpoint().unwrap()));
    slow.write(&frame(LengthPrefix, packet("/long", ()).as_bytes())).await;
    let stopping = tokio::spawn(server.stop());
    let reply = frame(LengthPrefix, packet("/long", vec![7_u8; 32 * 1024]).as_bytes());
    for number in 0..COUNT {
        // Slow enough that the server has said its goodbye long before the end.
        for _ in 0..20 {
            yield_now().await;
        }
        assert!(slow.read(reply.len()).await == reply, "reply {number}");
    }
    assert_eq!(within(slow.stream.read(&mut [0])).await.unwrap(), 0);
    drop(slow);
    assert_eq!(within(stopping).await.unwrap().send_failures, 0);
}

/// One that reads nothing is not waited for, and what it did not take is counted.
#[tokio::test]
async fn a_peer_that_takes_nothing_has_a_second() {
    for close in WAYS {
        let disconnected = Arc::new(Mutex::new(0));
        let hears = Arc::clone(&disconnected);
        let builder = Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space("server"));
        let builder = builder.on_disconnect(move |_| *hears.lock().unwrap() += 1);
        let server = Running::bind(builder).await;
        let handle = &server.handle;
        let mut deaf = Raw::connect(server.tcp()).await;
        deaf.write(&frame(Slip, packet("/where", ()).as_bytes())).await;
        until(|| handle.stats().calls == 1).await;
        let peer = handle.connections().remove(0);
        // More than the system keeps for it.
        for _ in 0..1000 {
            handle.send_to(&peer, "/told", vec![7_u8; 60_000]).unwrap();
        }
        close(handle, &peer);
        // The others go on meanwhile.
        for _ in 0..10 {
            assert_eq!(ask_where(&client(handle, 0).await).await, 0);
        }
        until(|| *disconnected.lock().unwrap() == 1).await;
        assert!(handle.connections().is_empty());
        let failures = handle.stats().send_failures;
        assert!((1..1000).contains(&failures), "{failures}");
        // What had been taken for it is still there for it.
        deaf.read(10_000).await;
        server.stop().await;
    }
}

/// What waits for a socket that the system has no room for goes out, too.
#[cfg(unix)]
#[tokio::test]
async fn what_waits_for_unix_peers_goes_out_for_a_second() {
    let folder = common::folder::Folder::new();
    let server = Running::bind(Server::builder().udp(LOOPBACK).unix(folder.text("server"))).await;
    let handle = &server.handle;
    until(|| handle.endpoint_state(1).is_some()).await;
    let bind = |name: &str| tokio::net::UnixDatagram::bind(folder.path(name)).unwrap();
    let (deaf, listening) = (bind("deaf"), bind("listening"));
    // More than the system keeps for the first.
    for number in 0..600 {
        handle.send_to(folder.path("deaf").as_path(), "/told", number).unwrap();
    }
    for number in 0..5 {
        handle.send_to(folder.path("listening").as_path(), "/told", number).unwrap();
    }
    assert!(handle.close_endpoint(1));
    let mut buffer = [0; 100];
    for number in 0..5 {
        let length = within(listening.recv(&mut buffer)).await.unwrap();
        assert_eq!(&buffer[..length], packet("/told", number).as_bytes());
    }
    let length = within(deaf.recv(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..length], packet("/told", 0).as_bytes());
    until(|| !folder.path("server").exists()).await;
    server.stop().await;
}
