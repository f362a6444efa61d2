//! oscpack: its listening socket, which waits and receives for each datagram, and its argument
//! stream.

use std::net::UdpSocket;

use oscine_benches_sys::oscpack_socket::Listening;

use crate::receiver::Receiver;

pub(crate) struct Oscpack {
    socket: Listening,
    last: u64,
}

impl Oscpack {
    pub(crate) fn new(socket: &UdpSocket) -> Self {
        let socket = Listening::new(socket).expect("oscpack takes the socket");
        Self { socket, last: 0 }
    }
}

impl Receiver for Oscpack {
    fn name(&self) -> &'static str {
        "oscpack"
    }

    fn receive(&mut self, n: u64) {
        self.last = self.socket.receive(n).expect("the messages are sound");
    }

    fn last(&self) -> u64 {
        self.last
    }
}
