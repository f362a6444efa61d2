//! The sockets that everybody receives from, all alike.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use socket2::SockRef;

/// How many messages a turn takes at most.
const MOST: u64 = 2048;

/// A socket on loopback with a receive buffer of 4 MiB, or of as much as the system allows.
pub(crate) fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket on loopback");
    SockRef::from(&socket).set_recv_buffer_size(4 << 20).expect("a receive buffer");
    socket
}

/// The address of a socket.
pub(crate) fn address(socket: &UdpSocket) -> SocketAddr {
    socket.local_addr().expect("a bound socket has an address")
}

/// How many messages a turn takes: so many that the queue of such a socket surely holds them.
pub(crate) fn room() -> u64 {
    let buffer = SockRef::from(&socket()).recv_buffer_size().expect("the size of the buffer");
    (buffer / SPACE).try_into().map_or(MOST, |room: u64| room.clamp(1, MOST))
}

/// What a queue needs for a small message, in the system's own count: well above the 768 bytes seen
/// on Linux.
const SPACE: usize = 1280;
