//! The endpoints of a server: of every kind, with options of their own, and while it serves.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::endpoints::{addr, ask_where, ask_who, client, space};
use common::wire::raw_udp;
use common::{FRAMINGS, LOOPBACK, Running, never, until, within};
use oscine::transport::hook::{self, Verdict};
use oscine::transport::{Udp, tcp};
use oscine::{Bind, Client, DecodeOptions, Peer, Profile, Server};

#[tokio::test]
async fn several_of_a_kind_in_one_server() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let builder = Server::builder()
        .udp(LOOPBACK)
        .tcp(LOOPBACK)
        .udp("localhost:0")
        .endpoint("osc.tcp://127.0.0.1:0?framing=length")
        .on_bound(move |endpoint| hears.lock().unwrap().push(endpoint.clone()))
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    let endpoints = server.handle.endpoints();
    assert_eq!(*heard.lock().unwrap(), endpoints);
    for (number, endpoint) in (0..).zip(&endpoints) {
        assert_ne!(endpoint.resolve().await.unwrap().port(), 0);
        let client = Client::connect(endpoint).await.unwrap();
        assert_eq!(ask_where(&client).await, number, "{endpoint}");
    }
    assert_eq!(endpoints.len(), 4);
    assert_eq!(server.stop().await.connections, 2);
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_beside_the_others() {
    let folder = common::folder::Folder::new();
    let stream = format!("osc.unix://{}?framing=slip", folder.text("stream"));
    let builder = Server::builder()
        .udp(LOOPBACK)
        .unix(folder.text("datagrams"))
        .endpoint(&stream)
        .unix(Bind::new(folder.text("own")).address_space(space("own")))
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    let endpoints = server.handle.endpoints();
    let own = Client::builder().bind_path(folder.path("a")).connect(&endpoints[1]).await.unwrap();
    assert_eq!((ask_where(&own).await, ask_who(&own).await), (1, "server".into()));
    let own = Client::builder().bind_path(folder.path("b")).connect(&endpoints[3]).await.unwrap();
    assert_eq!((ask_where(&own).await, ask_who(&own).await), (3, "own".into()));
    let mut connection = client(&server.handle, 2).await;
    assert_eq!(endpoints[2].to_string(), stream);
    assert_eq!(ask_where(&connection).await, 2);
    let connections = server.handle.connections();
    assert!(matches!(connections[..], [Peer::Unix { endpoint: 2, .. }]), "{connections:?}");
    // A socket that was closed has no file, and one that is open has.
    assert!(server.handle.close_endpoint(1) && server.handle.close_endpoint(2));
    assert_eq!(within(connection.recv()).await, None);
    until(|| !folder.path("datagrams").exists() && !folder.path("stream").exists()).await;
    assert!(folder.path("own").exists());
    server.stop().await;
    assert!(!folder.path("own").exists());
}

#[tokio::test]
async fn an_endpoint_may_have_its_own_address_space() {
    let own = space("own");
    let builder = Server::builder()
        .udp(LOOPBACK)
        .udp(Bind::new(LOOPBACK).address_space(own.clone()))
        .tcp(Bind::new(LOOPBACK).address_space(own.clone()))
        .tcp(LOOPBACK)
        .udp(Bind::new(LOOPBACK).address_space(space("third")))
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    for (number, name) in ["server", "own", "own", "server", "third"].into_iter().enumerate() {
        let client = client(&server.handle, number).await;
        assert_eq!(ask_who(&client).await, name);
    }
    // What is registered later is there, and the server's own space is the handle's.
    own.method("/later", || ("/name", "later")).unwrap();
    let second = client(&server.handle, 1).await;
    within(second.request(("/later", ()), "/name")).await.unwrap();
    assert!(server.handle.space().info("/later").is_none());
    // The program's own packets go to the server's.
    assert_eq!(within(server.handle.dispatch(("/later", ()))).await.unwrap().unmatched, 1);
    server.stop().await;
}

/// A message without type tags, which only `Strict` refuses.
const TYPELESS: &[u8] = b"/who\0\0\0\0";

#[tokio::test]
async fn an_endpoint_may_decode_in_its_own_way() {
    let strict =
        || Bind::new(LOOPBACK).decode_options(DecodeOptions::new().profile(Profile::Strict));
    let builder = Server::builder()
        .udp(LOOPBACK)
        .udp(strict())
        .tcp(LOOPBACK)
        .tcp(strict())
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    let mut buffer = [0; 100];
    for (number, bad) in [(0, 0), (1, 1), (2, 1), (3, 2)] {
        let addr = addr(&server.handle, number).await;
        if number < 2 {
            let socket = raw_udp().await;
            socket.send_to(TYPELESS, addr).await.unwrap();
            if number == 0 {
                within(socket.recv(&mut buffer)).await.unwrap();
            }
        } else {
            let framed = common::wire::frame(FRAMINGS[0], TYPELESS);
            let mut raw = common::wire::Raw::connect(addr).await;
            raw.write(&framed).await;
            if number == 2 {
                raw.read(1).await;
            }
        }
        until(|| server.handle.stats().bad == bad).await;
    }
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.bad, stats.calls), (4, 2, 2));
}

#[tokio::test]
async fn hooks_of_the_server_and_of_an_endpoint() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noting = |name: &'static str| {
        let seen = Arc::clone(&seen);
        hook::inbound(move |bytes: &[u8], _: &_| {
            seen.lock().unwrap().push(name);
            match bytes.starts_with(b"/no") {
                true => Verdict::Refuse("no".into()),
                false => Verdict::Pass,
            }
        })
    };
    let builder = Server::builder()
        .hook(noting("server"))
        .udp(Bind::new(LOOPBACK).hook(noting("own")))
        .tcp(Bind::new(LOOPBACK).hook(noting("tcp")))
        .udp(LOOPBACK)
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    // What arrives passes the one that was added last first.
    for (number, expected) in [(0, ["own", "server"]), (1, ["tcp", "server"])] {
        ask_who(&client(&server.handle, number).await).await;
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), expected);
    }
    let third = client(&server.handle, 2).await;
    third.send(("/no", ())).await.unwrap();
    ask_who(&third).await;
    assert_eq!(*seen.lock().unwrap(), ["server", "server"]);
    assert_eq!(server.stop().await.messages, 3);
}

#[tokio::test]
async fn options_of_the_transport() {
    let (udp, tcp) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (udp_set, tcp_set) = (Arc::clone(&udp), Arc::clone(&tcp));
    let small = move |udp: oscine::transport::udp::UdpBuilder| {
        udp_set.fetch_add(1, Ordering::Relaxed);
        udp.max_datagram(32)
    };
    let one = move |tcp: tcp::ListenerBuilder| {
        tcp_set.fetch_add(1, Ordering::Relaxed);
        tcp.max_connections(1)
    };
    let builder = Server::builder()
        .udp(Bind::new(LOOPBACK).with_udp(small))
        .tcp(Bind::new(LOOPBACK).with_tcp(one).max_frame(40))
        .address_space(space("server"));
    let server = Running::bind(builder).await;
    assert_eq!((udp.load(Ordering::Relaxed), tcp.load(Ordering::Relaxed)), (1, 1));
    let datagrams = client(&server.handle, 0).await;
    datagrams.send(("/who", "longer than 32 bytes, all in all")).await.unwrap();
    ask_who(&datagrams).await;
    let first = client(&server.handle, 1).await;
    ask_who(&first).await;
    // There is a place for one alone.
    let second = client(&server.handle, 1).await;
    second.send(("/who", "longer than 40 bytes, with what stands around it")).await.unwrap();
    never(|| server.handle.stats().connections > 1).await;
    drop(first);
    ask_who(&second).await;
    let stats = server.stop().await;
    assert_eq!((stats.bad, stats.calls, stats.connections), (2, 3, 2));
}

#[tokio::test]
async fn sockets_that_are_bound_already() {
    let udp = Udp::bind(LOOPBACK).await.unwrap();
    let tcp = tcp::Listener::bind(LOOPBACK).await.unwrap();
    let addrs = [udp.local_addr().unwrap(), tcp.local_addr().unwrap()];
    let builder = Server::builder().udp_socket(udp).tcp_listener(tcp).udp(LOOPBACK);
    let server = Running::bind(builder.address_space(space("server"))).await;
    assert_eq!((server.udp(), server.tcp()), (addrs[0], addrs[1]));
    for number in 0..3 {
        let client = client(&server.handle, usize::try_from(number).unwrap()).await;
        assert_eq!(ask_where(&client).await, number);
    }
    let stats = server.stop().await;
    assert_eq!((stats.received, stats.calls, stats.sent), (3, 3, 3));
}

#[cfg(unix)]
#[tokio::test]
async fn unix_datagrams_leave_in_order_also_when_the_peer_was_slow() {
    use common::wire::packet;
    use std::os::unix::net::UnixDatagram;

    let folder = common::folder::Folder::new();
    let server = Running::bind(Server::builder().unix(folder.text("server"))).await;
    let slow = UnixDatagram::bind(folder.path("slow")).unwrap();
    slow.set_nonblocking(true).unwrap();
    let mut buffer = [0; 100];
    let mut read = || slow.recv(&mut buffer).ok().map(|length| buffer[..length].to_vec());
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    while filler.send_to(b"full", folder.path("slow")).is_ok() {}
    let peer = Peer::UnixDatagram { endpoint: 0, path: Some(folder.path("slow").into()) };
    let send = |number: i32| server.handle.send_to(&peer, "/n", number).unwrap();
    // From here on nothing is too late, however slow this machine is.
    tokio::time::pause();
    send(1);
    // The server tries, and waits.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    while read().is_some() {}
    send(2);
    for number in 1..=2 {
        let mut received = None;
        until(|| {
            received = read();
            received.is_some()
        })
        .await;
        assert_eq!(received.unwrap(), packet("/n", number).as_bytes());
    }
    tokio::time::resume();
    server.stop().await;
}
