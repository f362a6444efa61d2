//! What can be set on TCP listeners and connections.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{net::SocketAddr, pin::pin, sync::Mutex, time::Duration};

use futures::{SinkExt, StreamExt, poll};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    Hook, PeerAddr, StreamError,
    connection::Builder,
    framing::{FramingKind, LengthPrefix},
    hook::{self, Verdict},
    tcp::{self, Connection, Family, Listener},
};
use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

fn packet(address: &str) -> Packet {
    Message::new(address, ()).unwrap().into()
}

/// Lets one port in, and notes what it hears.
#[derive(Default)]
struct Porter {
    welcome: Mutex<Option<SocketAddr>>,
    heard: Mutex<Vec<String>>,
}

impl Porter {
    fn note(&self, word: &str, peer: &PeerAddr) {
        let ours = peer.ip() == *self.welcome.lock().unwrap();
        self.heard.lock().unwrap().push(format!("{word} {ours}"));
    }
}

impl Hook for Porter {
    fn connecting(&self, peer: &PeerAddr) -> bool {
        self.note("connecting", peer);
        peer.ip() == *self.welcome.lock().unwrap()
    }

    fn connected(&self, peer: &PeerAddr) {
        self.note("connected", peer);
    }

    fn closed(&self, peer: &PeerAddr) {
        self.note("closed", peer);
    }
}

#[tokio::test]
async fn who_is_not_welcome_is_closed_and_counted() {
    let porter = std::sync::Arc::new(Porter::default());
    let builder = Listener::builder().hook(std::sync::Arc::clone(&porter)).max_connections(1);
    let listener = builder.bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut stranger = TcpStream::connect(address).await.unwrap();
    let mut friend = tcp::connect(address, FramingKind::Slip).await.unwrap();
    *porter.welcome.lock().unwrap() = Some(friend.local_addr().unwrap());

    let (mut connection, peer) = listener.accept().await;
    assert_eq!(peer, friend.local_addr().unwrap());
    assert_eq!(connection.peer(), &PeerAddr::Ip(peer));
    // The stranger is closed without a byte, and took no place.
    assert_eq!(stranger.read(&mut [0]).await.unwrap_or(0), 0);
    friend.send(packet("/a")).await.unwrap();
    assert_eq!(connection.next().await.unwrap().unwrap(), Ok(packet("/a")));
    drop(connection);
    assert_eq!(listener.places_left(), 1);

    let heard = porter.heard.lock().unwrap().clone();
    assert_eq!(heard, ["connecting false", "connecting true", "connected true", "closed true"]);
    let stats = listener.stats().connections;
    assert_eq!((stats.refused, stats.opened, stats.open, stats.failed), (1, 1, 0, 0));
}

#[tokio::test]
async fn one_connection_has_options_of_its_own() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let porter = std::sync::Arc::new(Porter::default());
    let mut peer = TcpStream::connect(address).await.unwrap();
    *porter.welcome.lock().unwrap() = peer.local_addr().ok();
    let (mut special, _) = listener.accept().await;
    special.set_framing(FramingKind::LengthPrefix);
    special.set_max_frame(8);
    special.add_hook(std::sync::Arc::clone(&porter));
    special.add_hook(hook::outbound(|_, _| Verdict::Replace(b"/b\0\0,\0\0\0".as_slice().into())));
    special.send(packet("/a")).await.unwrap();
    let mut sent = [0; 12];
    peer.read_exact(&mut sent).await.unwrap();
    assert_eq!(sent, *b"\0\0\0\x08/b\0\0,\0\0\0");
    peer.write_all(b"\0\0\0\x08/c\0\0,\0\0\0\0\0\0\x0c/too/long\0\0\0").await.unwrap();
    assert_eq!(special.next().await.unwrap().unwrap(), Ok(packet("/c")));
    let error = special.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Frame(_)), "{error:?}");
    drop(special);
    assert_eq!(*porter.heard.lock().unwrap(), ["connected true", "closed true"]);

    // The next one is as the listener says.
    let mut other = tcp::connect(address, FramingKind::Slip).await.unwrap();
    let (mut usual, _) = listener.accept().await;
    other.send(packet("/not/too/long")).await.unwrap();
    assert_eq!(usual.next().await.unwrap().unwrap(), Ok(packet("/not/too/long")));
    assert_eq!(usual.framing(), Some(FramingKind::Slip));
}

#[tokio::test]
async fn a_framing_of_another_kind_is_replaced() {
    let (near, mut far) = tokio::io::duplex(64);
    let builder = Builder::new().framing_with(|| LengthPrefix::with_max_frame(4));
    let mut connection = builder.wrap(near);
    connection.set_max_frame(100);
    assert!(connection.send(packet("/a")).await.is_err(), "its own limit");
    connection.set_framing(FramingKind::Slip);
    connection.send(packet("/a")).await.unwrap();
    let mut sent = [0; 10];
    far.read_exact(&mut sent).await.unwrap();
    assert_eq!(sent, *b"\xc0/a\0\0,\0\0\0\xc0");
}

#[tokio::test]
async fn connections_of_a_listener_count_together() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let mut pairs = Vec::new();
    for _ in 0..3 {
        let address = listener.local_addr().unwrap();
        let mut client = tcp::connect(address, FramingKind::Slip).await.unwrap();
        let (mut server, _) = listener.accept().await;
        client.send(packet("/a")).await.unwrap();
        server.next().await.unwrap().unwrap().unwrap();
        // Each client counts for itself.
        assert_eq!((client.stats().sent, client.stats().connections.open), (1, 1));
        pairs.push((client, server));
    }
    assert_eq!(listener.stats().connections.open, 3);
    drop(pairs);
    let stats = listener.stats();
    assert_eq!((stats.received, stats.connections.open, stats.connections.opened), (3, 0, 3));
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_packet_is_not_waited_for_longer_than_ten_seconds() {
    let listener = Listener::builder().max_connections(1).bind("127.0.0.1:0").await.unwrap();
    let mut slow = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (mut connection, _) = listener.accept().await;
    slow.write_all(b"\0\0\0\x08/a\0\0,\0\0\0\0\0\0").await.unwrap();
    connection.next().await.unwrap().unwrap().unwrap();
    let start = Instant::now();
    let error = connection.next().await.unwrap().unwrap_err();
    let StreamError::Slow { limit } = error else { panic!("{error:?}") };
    assert_eq!((limit, start.elapsed().as_secs()), (Duration::from_secs(10), 10));
    assert!(connection.next().await.is_none());
    drop(connection);
    let stats = listener.stats().connections;
    assert_eq!((stats.slow, stats.broken, stats.open, listener.places_left()), (1, 0, 0, 1));
    // The peer hears of it.
    assert_eq!(slow.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn options_of_the_socket_are_set_on_both_sides() {
    let after = Duration::from_secs(42);
    for (nodelay, keep_alive) in [(true, None), (false, Some(after))] {
        let listener = Listener::builder().nodelay(nodelay).keep_alive(keep_alive);
        let listener = listener.bind("127.0.0.1:0").await.unwrap();
        let client = Connection::builder().nodelay(nodelay).keep_alive(keep_alive);
        let client = client.connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await;
        for connection in [client, server] {
            let socket = SockRef::from(connection.get_ref());
            assert_eq!(socket.tcp_nodelay().unwrap(), nodelay);
            assert_eq!(socket.keepalive().unwrap(), keep_alive.is_some());
            #[cfg(unix)]
            if keep_alive.is_some() {
                assert_eq!(socket.tcp_keepalive_time().unwrap(), after);
                assert_eq!(socket.tcp_keepalive_interval().unwrap(), after);
            }
        }
    }
}

#[tokio::test]
async fn a_connection_comes_from_where_it_was_told_to() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let local = free.local_addr().unwrap();
    drop(free);
    let client = Connection::builder().local_addr(local).connect(address).await.unwrap();
    assert_eq!(client.local_addr().unwrap(), local);
    assert_eq!(listener.accept().await.1, local);

    let v6 = "[::1]:0".parse().unwrap();
    let error = Connection::builder().local_addr(v6).connect(address).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrNotAvailable);
}

#[tokio::test]
async fn one_socket_takes_both_families_if_it_is_told_to() {
    for dual_stack in [false, true] {
        let listener = Listener::builder().dual_stack(dual_stack).bind("[::]:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let v6 = TcpStream::connect(("::1", port)).await.unwrap();
        assert_eq!(listener.accept().await.1, v6.local_addr().unwrap());
        let v4 = TcpStream::connect(("127.0.0.1", port)).await;
        assert_eq!(v4.is_ok(), dual_stack);
        // Otherwise the port is free in the other family.
        assert_eq!(Listener::bind(("0.0.0.0", port)).await.is_ok(), !dual_stack);
        if let Ok(v4) = v4 {
            let (connection, peer) = listener.accept().await;
            // Told as what it is, and not as an IPv6 address made of it.
            assert_eq!(peer, v4.local_addr().unwrap());
            assert_eq!(connection.peer(), &PeerAddr::Ip(peer));
            assert_eq!(connection.peer_addr().unwrap(), peer);
        }
    }
}

#[tokio::test]
async fn a_port_is_shared_only_if_all_ask_for_it() {
    let builder = Listener::builder().reuse_port(true);
    let first = builder.clone().bind("127.0.0.1:0").await.unwrap();
    let address = first.local_addr().unwrap();
    Listener::bind(address).await.unwrap_err();
    if cfg!(target_os = "linux") {
        builder.bind(address).await.unwrap();
    }
}

#[tokio::test]
async fn a_socket_that_listens_already_is_taken_over() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let listener = Listener::builder().framing(FramingKind::LengthPrefix).wrap(socket).unwrap();
    assert_eq!(listener.local_addr().unwrap(), address);
    let mut accept = pin!(listener.accept());
    assert!(poll!(accept.as_mut()).is_pending());
    let _client = TcpStream::connect(address).await.unwrap();
    assert_eq!(accept.await.0.framing(), Some(FramingKind::LengthPrefix));
}

#[tokio::test]
async fn a_name_of_both_families_is_taken_as_was_asked() {
    // A port that is free in both; the first one mostly is.
    let (v4, v6) = loop {
        let v4 = Listener::bind("127.0.0.1:0").await.unwrap();
        let port = v4.local_addr().unwrap().port();
        match Listener::bind(("::1", port)).await {
            Ok(v6) => break (v4, v6),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse),
        }
    };
    let both: [SocketAddr; 2] = [v6.local_addr().unwrap(), v4.local_addr().unwrap()];
    for (family, ours) in [(Family::Auto, both[1]), (Family::V4, both[1]), (Family::V6, both[0])] {
        let client = Connection::builder().family(family).connect(&both[..]).await.unwrap();
        assert_eq!(client.peer_addr().unwrap(), ours);
    }
    let error = Listener::builder().family(Family::V6).bind("127.0.0.1:0").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrNotAvailable);
}
