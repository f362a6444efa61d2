//! A server whose socket somebody else in the process has closed, and whose descriptor is something else by now:
//! receiving fails for ever, and the server goes on at its other sockets and stops when told to.
//!
//! Descriptors are the whole process's, so this test is alone in its program.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::fs::File;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::time::Duration;

use common::wire::packet;
use common::{LOOPBACK, Running, within};
use nix::unistd::close;
use oscine::{AddressSpace, Client, Peer, SendError, Server, transport::Udp};

async fn ask(addr: SocketAddr, number: i32) {
    let client = Client::udp(addr).await.unwrap();
    let answer = within(client.request(("/ask", number), "/answer")).await.unwrap();
    assert_eq!(answer.args().parse(), Ok(number));
}

/// Takes the descriptor of a server's first socket away. The socket itself lives on elsewhere if it is `kept`, and the
/// system goes on telling the server what arrives there.
async fn survives(kept: bool) {
    let space = AddressSpace::new();
    space.method("/ask", |number: i32| ("/answer", number)).unwrap();
    let socket = UdpSocket::bind(LOOPBACK).unwrap();
    let (broken, descriptor) = (socket.local_addr().unwrap(), socket.as_raw_fd());
    let other = kept.then(|| socket.try_clone().unwrap());
    let udp = Udp::builder().wrap(socket).unwrap();
    let builder = Server::builder().udp_socket(udp).udp(LOOPBACK).tcp(LOOPBACK);
    let server = Running::bind(builder.address_space(space)).await;
    let good = server.handle.endpoints()[1].resolve().await.unwrap();
    ask(broken, 1).await;
    ask(good, 2).await;

    close(descriptor).unwrap();
    // The lowest number that is free.
    let null = File::open("/dev/null").unwrap().into_raw_fd();
    assert_eq!(null, descriptor, "something else took the number");
    let sender = UdpSocket::bind(LOOPBACK).unwrap();
    for number in 0..50 {
        sender.send_to(packet("/ask", number).as_bytes(), broken).unwrap();
        ask(good, number).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let to = Peer::Udp { endpoint: 0, addr: good };
    let refused = server.handle.send_to(&to, "/ask", 1).unwrap_err();
    assert!(matches!(refused, SendError::System { .. }), "{refused}");
    let tcp = Client::connect(format!("osc.tcp://{}", server.tcp())).await.unwrap();
    within(tcp.request(("/ask", 1), "/answer")).await.unwrap();

    let stats = server.stop().await;
    assert_eq!((stats.received, stats.calls, stats.send_failures), (53, 53, 1));
    let errors = stats.transport.transient_errors;
    // It is asked for ever more seldom.
    assert!(
        if kept { (9..40).contains(&errors) } else { errors < 40 },
        "{errors} attempts in vain"
    );
    drop(other);
}

#[tokio::test]
async fn a_socket_whose_descriptor_is_something_else_by_now_holds_up_no_other() {
    survives(false).await;
    survives(true).await;
}
