//! The descriptors of sockets, for loops and options of one's own.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::os::fd::AsFd;

use common::Folder;
use futures::StreamExt;
use nix::poll::{PollFd, PollFlags, poll};
use oscine_transport::{Udp, tcp, unix};
use socket2::SockRef;

/// Waits, as a loop that is not ours does, until the descriptor can be read.
fn readable(socket: &impl AsFd) {
    let mut watched = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    assert_eq!(poll(&mut watched, 60_000_u16).unwrap(), 1);
}

#[tokio::test]
async fn a_loop_of_ones_own_sees_that_there_is_something() {
    let mut udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let addr = udp.local_addr().unwrap();
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.send_to(b"/a\0\0,\0\0\0", addr).unwrap();
    readable(&udp);
    assert!(udp.next().await.unwrap().packet.is_ok(), "it is still there");

    let listener = tcp::Listener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let connect = std::net::TcpStream::connect(addr).unwrap();
    readable(&listener);
    assert_eq!(listener.accept().await.1, connect.local_addr().unwrap());
}

#[tokio::test]
async fn options_that_are_not_offered_can_be_set() {
    let folder = Folder::new();
    let udp = Udp::bind("127.0.0.1:0").await.unwrap();
    let tcp = tcp::Listener::bind("127.0.0.1:0").await.unwrap();
    let listener = unix::Listener::bind(folder.join("s")).unwrap();
    let datagrams = unix::Datagrams::bind(folder.join("d")).unwrap();
    let sender = datagrams.sender();
    let all: [&dyn AsFd; 5] = [&udp, &tcp, &listener, &datagrams, &sender];
    for (number, socket) in all.into_iter().enumerate() {
        let socket = SockRef::from(&socket);
        let before = socket.send_buffer_size().unwrap();
        socket.set_send_buffer_size(20_000 + 1_000 * number).unwrap();
        assert_ne!(socket.send_buffer_size().unwrap(), before);
    }
}
