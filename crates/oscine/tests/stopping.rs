//! How a server ends: promptly, whatever runs or waits, and with its ports free.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use common::log::log;
use common::wire::{Raw, frame, packet};
use common::{FRAMINGS, LOOPBACK, Running, until, within};
use futures::StreamExt;
use oscine::transport::framing::FramingKind;
use oscine::{AddressSpace, Message, Peer, Reply, Server, ServerBuilder, ServerHandle};
use tokio::sync::{Notify, oneshot};

/// Shorter than any test waits, so that what is cut short is cut short by this.
const SHORT: Duration = Duration::from_millis(20);

fn builder(space: &AddressSpace) -> ServerBuilder {
    Server::builder().udp(LOOPBACK).tcp(LOOPBACK).address_space(space.clone())
}

#[tokio::test]
async fn a_handler_may_stop_its_server_and_still_reply() {
    for over_tcp in [false, true] {
        let own = Arc::new(OnceLock::<ServerHandle>::new());
        let space = AddressSpace::new();
        let handle = Arc::clone(&own);
        let sync = move |reply: Reply| {
            reply.send("/stopping", ()).unwrap();
            handle.get().unwrap().stop();
            ("/stopped", ())
        };
        space.method("/quit", sync).unwrap();
        let server = Running::start(space).await;
        own.set(server.handle.clone()).unwrap();
        let mut client = match over_tcp {
            false => server.udp_client().await,
            true => server.tcp_client(FRAMINGS[1]).await,
        };
        client.send(("/quit", ())).await.unwrap();
        assert_eq!(within(client.recv()).await.unwrap(), packet("/stopping", ()));
        assert_eq!(within(client.recv()).await.unwrap(), packet("/stopped", ()));
        within(server.handle.stopped()).await;
        within(server.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn what_runs_is_finished_and_its_reply_sent() {
    let (pen, mut log) = log();
    let gate = Arc::new(Notify::new());
    let space = AddressSpace::new();
    let opened = Arc::clone(&gate);
    let slow = move || {
        let (pen, gate) = (pen.clone(), Arc::clone(&opened));
        async move {
            pen.note("begun");
            gate.notified().await;
            ("/done", ())
        }
    };
    space.method("/slow", slow).unwrap();
    let server = Running::start(space).await;
    let mut client = server.tcp_client(FRAMINGS[0]).await;
    client.send(("/slow", ())).await.unwrap();
    assert_eq!(log.next().await, "begun");
    server.handle.stop();
    gate.notify_one();
    assert_eq!(within(client.recv()).await.unwrap(), packet("/done", ()));
    // The server closes the connection.
    assert_eq!(within(client.recv()).await, None);
    assert_eq!(server.stop().await.sent, 1);
}

#[tokio::test]
async fn a_handler_that_hangs_is_cut_short() {
    let (pen, mut log) = log();
    let space = AddressSpace::new();
    let hang = move || {
        pen.note("begun");
        pending::<()>()
    };
    space.method("/hang", hang).unwrap();
    let server = Running::with_grace(builder(&space), SHORT).await;
    let client = server.udp_client().await;
    client.send(("/hang", ())).await.unwrap();
    assert_eq!(log.next().await, "begun");
    let stats = server.stop().await;
    assert_eq!((stats.messages, stats.calls), (1, 0));
}

#[tokio::test]
async fn a_peer_that_reads_nothing_does_not_hold_up_stopping() {
    let space = AddressSpace::new();
    space.method("/flood", |message: Message| vec![message; 2000]).unwrap();
    space.method("/sync", || ("/synced", ())).unwrap();
    let server = Running::with_grace(builder(&space), SHORT).await;
    let mut deaf = server.tcp_client(FRAMINGS[0]).await;
    // More than the server's queue holds, and that more than the system's buffers.
    deaf.send(("/flood", vec![0_u8; 40_000])).await.unwrap();
    let other = server.udp_client().await;
    while server.handle.stats().send_failures == 0 {
        within(other.request(("/sync", ()), "/synced")).await.unwrap();
    }
    server.stop().await;
    assert_eq!(within(deaf.recv()).await.unwrap(), packet("/flood", vec![0_u8; 40_000]));
    // What the system's buffers held still comes, the rest was cut.
    assert!(within(deaf.count()).await < 1000);
}

#[tokio::test]
async fn what_cannot_be_sent_at_the_end_holds_up_nothing_behind_it() {
    const PEERS: usize = 20;
    const LONGEST: usize = 1024;
    let own = Arc::new(OnceLock::<ServerHandle>::new());
    let space = AddressSpace::new();
    let handle = Arc::clone(&own);
    let quit = move || {
        let handle = handle.get().unwrap();
        for peer in handle.connections() {
            for size in [8, LONGEST, 16] {
                handle.send_to(&peer, "/end", vec![0_u8; size]).unwrap();
            }
        }
        handle.stop();
    };
    space.method("/quit", quit).unwrap();
    let server = Running::bind(builder(&space).max_frame(LONGEST)).await;
    own.set(server.handle.clone()).unwrap();
    let mut peers = Vec::new();
    for _ in 0..PEERS {
        peers.push(Raw::connect(server.tcp()).await);
    }
    until(|| server.handle.connections().len() == PEERS).await;
    server.udp_client().await.send(("/quit", ())).await.unwrap();
    let end = |size: usize| frame(FramingKind::Slip, packet("/end", vec![0_u8; size]).as_bytes());
    for mut peer in peers {
        assert_eq!(peer.read_to_end().await, [end(8), end(16)].concat());
    }
    within(server.handle.stopped()).await;
    let stats = server.handle.stats();
    let peers = PEERS as u64;
    assert_eq!(
        (stats.sent, stats.send_failures, stats.transport.sent),
        (3 * peers, peers, 2 * peers)
    );
}

/// What is cut short is counted, as what was sent is.
#[cfg(unix)]
#[tokio::test]
async fn datagrams_that_a_peer_has_not_taken_in_time_are_counted() {
    let folder = common::folder::Folder::new();
    let builder = Server::builder().unix(folder.text("server"));
    let server = Running::with_grace(builder, SHORT).await;
    let deaf = std::os::unix::net::UnixDatagram::bind(folder.path("deaf")).unwrap();
    let peer = Peer::UnixDatagram { endpoint: 0, path: Some(folder.path("deaf").into()) };
    for number in 0..1000 {
        server.handle.send_to(&peer, "/n", number).unwrap();
    }
    let stats = server.stop().await;
    assert_eq!((stats.sent, stats.transport.sent + stats.send_failures), (1000, 1000));
    assert!(stats.send_failures > 0, "the system has taken all");
    drop(deaf);
}

#[tokio::test]
async fn any_future_ends_a_server() {
    let server = builder(&AddressSpace::new()).bind().await.unwrap();
    let handle = server.handle();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap() };
    let serving = tokio::spawn(server.serve().with_graceful_shutdown(shutdown).into_future());
    stop.send(()).unwrap();
    within(serving).await.unwrap().unwrap();
    within(handle.stopped()).await;
}

#[tokio::test]
async fn stopping_twice_or_before_serving_is_harmless() {
    let server = builder(&AddressSpace::new()).bind().await.unwrap();
    let handle = server.handle();
    handle.stop();
    handle.stop();
    within(server.serve().into_future()).await.unwrap();
    for _ in 0..2 {
        handle.stop();
        within(handle.stopped()).await;
    }
}

/// Binds the ports of a server that has stopped, and answers on them.
async fn check_free(udp: SocketAddr, tcp: SocketAddr) {
    let space = AddressSpace::new();
    space.method("/sync", || ("/again", ())).unwrap();
    let builder = Server::builder().udp(udp).tcp(tcp).address_space(space);
    let server = Running::bind(builder).await;
    assert_eq!((server.udp(), server.tcp()), (udp, tcp));
    let mut clients = [server.udp_client().await, server.tcp_client(FRAMINGS[0]).await];
    for client in &mut clients {
        within(client.request(("/sync", ()), "/again")).await.unwrap();
    }
    server.stop().await;
}

/// Starts a server that is in use, ends it, and binds its ports again; its handle, a reply and its
/// clients are still there.
async fn check_ports(end: impl AsyncFnOnce(Running)) {
    let replies = Arc::new(OnceLock::new());
    let space = AddressSpace::new();
    let keep = Arc::clone(&replies);
    let sync = move |reply: Reply| {
        keep.get_or_init(|| reply);
        ("/synced", ())
    };
    space.method("/sync", sync).unwrap();
    let server = Running::bind(builder(&space)).await;
    let (udp, tcp) = (server.udp(), server.tcp());
    let handle = server.handle.clone();
    let mut clients = vec![server.udp_client().await, server.tcp_client(FRAMINGS[1]).await];
    for client in &mut clients {
        within(client.request(("/sync", ()), "/synced")).await.unwrap();
    }
    end(server).await;
    within(handle.stopped()).await;
    check_free(udp, tcp).await;
    assert!(replies.get().is_some());
    drop((clients, handle));
}

#[tokio::test]
async fn the_ports_of_a_server_that_was_stopped_are_free() {
    check_ports(async |server| assert_eq!(server.stop().await.connections, 1)).await;
}

#[tokio::test]
async fn the_ports_of_a_server_that_was_dropped_are_free() {
    check_ports(async |server: Running| {
        server.task.abort();
        assert!(within(server.task).await.unwrap_err().is_cancelled());
    })
    .await;
}

#[tokio::test]
async fn the_ports_of_a_server_that_never_served_are_free() {
    let server = builder(&AddressSpace::new()).bind().await.unwrap();
    let handle = server.handle();
    let mut addrs = Vec::new();
    for endpoint in handle.endpoints() {
        addrs.push(endpoint.resolve().await.unwrap());
    }
    drop(server);
    within(handle.stopped()).await;
    check_free(addrs[0], addrs[1]).await;
}

#[tokio::test]
async fn a_server_that_cannot_bind_everything_binds_nothing() {
    let taken = Running::start(AddressSpace::new()).await;
    for port in [format!("osc.udp://{}", taken.udp()), format!("osc.tcp://{}", taken.tcp())] {
        let first = tokio::net::UdpSocket::bind(LOOPBACK).await.unwrap();
        let free = first.local_addr().unwrap();
        drop(first);
        let error = Server::builder().udp(free).endpoint(&port).bind().await.unwrap_err();
        assert_eq!(error.to_string(), format!("cannot listen on {port}"));
        tokio::net::UdpSocket::bind(free).await.unwrap();
    }
    let error = Server::builder().bind().await.unwrap_err();
    assert_eq!(error.to_string(), "no endpoint to listen on");
    let error = Server::builder().endpoint("here").bind().await.unwrap_err();
    assert_eq!(error.to_string(), r#""here" is not an endpoint"#);
    taken.stop().await;
}
