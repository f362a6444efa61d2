//! liblo: its server, run by hand, and a method with two arguments.

use std::net::UdpSocket;

use oscine_benches_sys::liblo_server::Server;

use crate::receiver::Receiver;

pub(crate) struct Liblo {
    server: Server,
    last: u64,
}

impl Liblo {
    pub(crate) fn new(socket: &UdpSocket) -> Self {
        let server = Server::udp(socket).expect("liblo takes the socket");
        Self { server, last: 0 }
    }
}

impl Receiver for Liblo {
    fn name(&self) -> &'static str {
        "liblo"
    }

    fn receive(&mut self, n: u64) {
        self.last = self.server.receive(n).expect("the messages arrive");
    }

    fn last(&self) -> u64 {
        self.last
    }
}
