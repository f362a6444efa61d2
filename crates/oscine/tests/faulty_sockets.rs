//! What goes wrong at UDP sockets ends neither the server nor what it does at its other sockets.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::wire::{packet, raw_udp};
use common::{LOOPBACK, Running, within};
use nix::sys::socket::{Shutdown, shutdown};
use oscine::transport::stats::DropCause;
use oscine::{AddressSpace, Client, Endpoint, Fault, Peer, SendError, Server, transport::Udp};

/// A space with `/ask number`, which answers, and `/slow`, which keeps the server busy.
fn space() -> AddressSpace {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    space.method("/slow", || std::thread::sleep(Duration::from_micros(200))).unwrap();
    space
}

#[track_caller]
fn ask(addr: SocketAddr, number: i32) -> impl Future<Output = ()> {
    let place = Location::caller();
    async move {
        let client = Client::udp(addr).await.unwrap();
        let answer = client.request(("/ask", number), "/answer").await;
        let answer = answer.unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(answer.args().parse(), Ok(number), "{place}");
    }
}

/// The addresses of all endpoints, which are UDP sockets.
async fn addrs(server: &Running) -> Vec<SocketAddr> {
    let mut addrs = Vec::new();
    for endpoint in server.handle.endpoints().iter().filter(|it| matches!(it, Endpoint::Udp { .. }))
    {
        addrs.push(endpoint.resolve().await.unwrap());
    }
    addrs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_is_never_empty_does_not_starve_the_others() {
    for flooded in 0..3 {
        let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).udp(LOOPBACK).tcp(LOOPBACK);
        let server = Running::bind(builder.address_space(space())).await;
        let mut addrs = addrs(&server).await;
        let addr = addrs.remove(flooded);
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let flood = std::thread::spawn(move || {
            let socket = UdpSocket::bind(LOOPBACK).unwrap();
            let slow = packet("/slow", ());
            while !ended.load(Ordering::Relaxed) {
                socket.send_to(slow.as_bytes(), addr).unwrap();
            }
        });
        // The socket's buffer is full: it has more than the server gets done while the others ask.
        while server.handle.stats().transport.dropped(DropCause::ReceiveBuffer) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for (number, addr) in (0..).zip(&addrs) {
            ask(*addr, number).await;
        }
        let client = Client::connect(format!("osc.tcp://{}", server.tcp())).await.unwrap();
        within(client.request(("/ask", 1), "/answer")).await.unwrap();
        over.store(true, Ordering::Relaxed);
        flood.join().unwrap();
        server.handle.stop();
        within(server.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn replies_to_ports_that_are_gone_are_sent_and_nothing_else_is_lost() {
    const GONE: i32 = 300;
    let builder = Server::builder().udp(LOOPBACK).udp(LOOPBACK).address_space(space());
    let server = Running::bind(builder).await;
    let addrs = addrs(&server).await;
    for number in 0..GONE {
        // The system's answer to the reply comes to the socket of the server, whatever that is about to do.
        let gone = raw_udp().await;
        let question = packet("/ask", number);
        for addr in &addrs {
            gone.send_to(question.as_bytes(), addr).await.unwrap();
        }
        drop(gone);
        if number % 10 == 0 {
            ask(addrs[0], number).await;
            ask(addrs[1], number).await;
        }
    }
    ask(addrs[0], 1).await;
    ask(addrs[1], 1).await;
    let stats = server.stop().await;
    let all = u64::from(GONE.unsigned_abs() * 2 + GONE.unsigned_abs() / 5 + 2);
    assert_eq!((stats.received, stats.calls), (all, all));
    // A send may hear of an earlier datagram, and then goes out nevertheless.
    assert_eq!((stats.sent, stats.send_failures), (all, 0));
    assert_eq!((stats.transport.sent, stats.bad), (all, 0));
}

#[tokio::test]
async fn what_the_system_does_not_send_is_told_and_counted() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let on_error = move |fault: &Fault<'_>| {
        if let Fault::NotSent { peer, error } = fault {
            tell.lock().unwrap().push(((*peer).clone(), (*error).clone()));
        }
    };
    let space = space();
    // Four bytes more than a datagram carries.
    space.method("/long", || ("/long", vec![7_u8; 65_496])).unwrap();
    let builder = Server::builder().udp(LOOPBACK).address_space(space).on_error(on_error);
    let server = Running::bind(builder).await;
    let udp = server.udp();
    let peer = |addr: &str| Peer::Udp { endpoint: 0, addr: addr.parse().unwrap() };
    let unreachable = [
        // No port, another family, no host, a broadcast that was not asked for.
        peer("127.0.0.1:0"),
        peer("[::1]:9"),
        peer("[ff02::1]:9"),
        peer("255.255.255.255:9"),
        Peer::Udp { endpoint: 7, addr: udp },
    ];
    for (number, peer) in (0..).zip(&unreachable) {
        let refused = server.handle.send_to(peer, "/x", 1).unwrap_err();
        assert!(matches!(refused, SendError::System { .. } | SendError::Gone { .. }), "{refused}");
        ask(udp, number).await;
    }
    let client = server.udp_client().await;
    client.send(("/long", ())).await.unwrap();
    ask(udp, 7).await;
    let stats = server.stop().await;
    let told = told.lock().unwrap();
    let refused = unreachable.len();
    assert_eq!(told.len(), refused + 1);
    assert!(told.iter().zip(&unreachable).all(|((told, _), peer)| told == peer));
    let (_, long) = told.last().unwrap();
    assert!(
        matches!(long, SendError::System { reason: std::io::ErrorKind::InvalidInput, .. }),
        "{long}"
    );
    assert_eq!(stats.send_failures, refused as u64 + 1);
    assert_eq!((stats.sent, stats.calls), (refused as u64 + 1, refused as u64 + 2));
}

#[tokio::test]
async fn a_socket_that_was_shut_down_behind_the_servers_back_holds_up_no_other() {
    // Connected and shut down, it says at every read that there is nothing, and never will be.
    let socket = UdpSocket::bind(LOOPBACK).unwrap();
    let behind = socket.try_clone().unwrap();
    let other = UdpSocket::bind(LOOPBACK).unwrap();
    let udp = Udp::builder().wrap(socket).unwrap();
    let builder = Server::builder().udp_socket(udp).udp(LOOPBACK).tcp(LOOPBACK);
    let server = Running::bind(builder.address_space(space())).await;
    let addrs = addrs(&server).await;
    ask(addrs[0], 1).await;
    behind.connect(other.local_addr().unwrap()).unwrap();
    shutdown(behind.as_raw_fd(), Shutdown::Both).unwrap();
    for number in 0..50 {
        ask(addrs[1], number).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let tcp = Client::connect(format!("osc.tcp://{}", server.tcp())).await.unwrap();
    within(tcp.request(("/ask", 1), "/answer")).await.unwrap();
    let stats = server.stop().await;
    assert_eq!(stats.calls, 52);
    // What it says counts as an error, and is asked for ever more seldom.
    let errors = stats.transport.transient_errors;
    assert!((9..40).contains(&errors), "{errors} attempts in vain");
    assert_eq!(stats.received, stats.calls);
}
