//! What a server sends to an address alone leaves by its default endpoint.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::{Ipv6Addr, SocketAddr};

use common::carrier::line;
use common::endpoints::{addr, space};
use common::wire::{packet, raw_udp};
use common::{LOOPBACK, Running, until, within};
use oscine::{Bind, BindError, Peer, PeerAddr, SendError, Server, Target, TimeTag};
use tokio::net::UdpSocket;

/// From where the next datagram comes.
async fn from(socket: &UdpSocket) -> SocketAddr {
    within(socket.recv_from(&mut [0; 100])).await.unwrap().1
}

#[tokio::test]
async fn the_first_that_can_is_taken_and_the_next_takes_over() {
    let builder =
        Server::builder().tcp(LOOPBACK).udp(LOOPBACK).udp(LOOPBACK).tcp(LOOPBACK).udp(LOOPBACK);
    let server = Running::bind(builder.address_space(space("server"))).await;
    let handle = &server.handle;
    let socket = raw_udp().await;
    let to = socket.local_addr().unwrap();
    let sends_by = async |number: usize| {
        assert_eq!(handle.default_endpoint(), Some(number));
        handle.send_to(to, "/told", 1).unwrap();
        assert_eq!(from(&socket).await, addr(handle, number).await);
        handle.send_bundle_to(to, TimeTag::IMMEDIATE, [packet("/b", 1)]).unwrap();
        handle.send_packet_to(PeerAddr::Ip(to), packet("/c", ())).unwrap();
        for _ in 0..2 {
            assert_eq!(from(&socket).await, addr(handle, number).await);
        }
    };
    sends_by(1).await;
    // A listener has no way to somebody who is not connected, and some have never been.
    for number in [0, 3, 5, usize::MAX] {
        assert!(!handle.set_default_endpoint(number), "{number}");
    }
    sends_by(1).await;
    assert!(handle.set_default_endpoint(2));
    sends_by(2).await;
    // It sends while it is paused.
    assert!(handle.pause(2));
    sends_by(2).await;
    assert!(handle.close_endpoint(2));
    sends_by(4).await;
    assert!(!handle.set_default_endpoint(2));
    // From the last one on it goes round.
    assert!(handle.close_endpoint(4));
    sends_by(1).await;
    assert_eq!(handle.add_endpoint("osc.udp://127.0.0.1:0").await.unwrap(), 5);
    sends_by(5).await;
    assert!(handle.close_endpoint(5));
    assert!(handle.close_endpoint(1));
    assert_eq!(handle.default_endpoint(), None);
    let error = handle.send_to(to, "/told", 1).unwrap_err();
    assert_eq!(error, SendError::NoEndpoint { addr: to.into() });
    assert_eq!(error.to_string(), format!("no endpoint sends to {to}"));
    assert_eq!(server.stop().await.send_failures, 1);
}

#[tokio::test]
async fn peers_are_answered_from_where_they_wrote_to_whatever_is_the_default() {
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).default_endpoint(1);
    let server = Running::bind(builder.address_space(space("server"))).await;
    let handle = &server.handle;
    assert_eq!(handle.default_endpoint(), Some(1));
    let socket = raw_udp().await;
    let (first, second) = (addr(handle, 0).await, addr(handle, 1).await);
    socket.send_to(packet("/where", ()).as_bytes(), first).await.unwrap();
    assert_eq!(from(&socket).await, first);
    let peer = handle.peers().remove(0).peer;
    for target in [Target::from(&peer), Target::from(peer.clone())] {
        handle.send_to(target, "/told", 1).unwrap();
        assert_eq!(from(&socket).await, first);
    }
    handle.send_to(socket.local_addr().unwrap(), "/told", 1).unwrap();
    assert_eq!(from(&socket).await, second);
    server.stop().await;
}

#[tokio::test]
async fn a_default_that_does_not_send_by_itself_is_refused() {
    for number in [0, 2] {
        let builder = Server::builder().tcp(LOOPBACK).udp(LOOPBACK).default_endpoint(number);
        let error = builder.bind().await.unwrap_err();
        assert!(matches!(error, BindError::DefaultEndpoint { number: of } if of == number));
    }
}

/// The first that can reach an address is taken, and others are not asked in vain.
#[tokio::test]
async fn each_kind_of_address_finds_its_endpoint() {
    let ((by_name, mut far_name), (by_addr, mut far_addr)) =
        (line::<String>(8), line::<SocketAddr>(8));
    let builder =
        Server::builder().udp(LOOPBACK).datagrams(by_name).udp("[::1]:0").datagrams(by_addr);
    let server = Running::bind(builder.address_space(space("server"))).await;
    let handle = &server.handle;
    let (v4, v6) = (raw_udp().await, UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await.unwrap());
    for socket in [&v4, &v6] {
        let to = socket.local_addr().unwrap();
        handle.send_to(to, "/told", 1).unwrap();
        assert_eq!(from(socket).await.is_ipv4(), to.is_ipv4());
    }
    handle.send_to(PeerAddr::from("desk"), "/told", 2).unwrap();
    assert_eq!(far_name.next().await.unwrap(), (packet("/told", 2), "desk".into()));
    let to = v4.local_addr().unwrap();
    assert!(handle.set_default_endpoint(3));
    handle.send_to(to, "/told", 3).unwrap();
    assert_eq!(far_addr.next().await.unwrap(), (packet("/told", 3), to));
    let nobody = [PeerAddr::Unnamed, std::path::Path::new("/nowhere").into()];
    for addr in nobody {
        let error = handle.send_to(&addr, "/told", 1).unwrap_err();
        assert_eq!(error, SendError::NoEndpoint { addr });
    }
    let stats = server.stop().await;
    assert_eq!((stats.sent, stats.send_failures), (4, 2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_path_is_reached_by_a_unix_socket() {
    let folder = common::folder::Folder::new();
    let builder = Server::builder().udp(LOOPBACK).unix(Bind::new(folder.text("server")));
    let server = Running::bind(builder.address_space(space("server"))).await;
    let display = tokio::net::UnixDatagram::bind(folder.path("display")).unwrap();
    server.handle.send_to(folder.path("display").as_path(), "/told", 1).unwrap();
    let mut buffer = [0; 100];
    let length = within(display.recv(&mut buffer)).await.unwrap();
    assert_eq!(&buffer[..length], packet("/told", 1).as_bytes());
    // Of a path that nobody has bound the system tells.
    let nowhere = folder.path("nowhere");
    let error = server.handle.send_to(nowhere.as_path(), "/told", 1).unwrap_err();
    let peer = Peer::UnixDatagram { endpoint: 1, path: Some(nowhere.as_path().into()) };
    assert!(matches!(error, SendError::System { peer: to, .. } if to == peer));
    until(|| server.handle.stats().send_failures == 1).await;
    server.stop().await;
}
