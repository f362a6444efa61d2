//! liblo: its server over TCP, run by hand, and a method with two arguments. It finds out the
//! framing.

use std::net::TcpListener;

use oscine_benches_sys::liblo_server::Server;

use crate::receiver::Receiver;

pub(crate) struct Liblo {
    server: Server,
    last: u64,
}

impl Liblo {
    pub(crate) fn new(listener: &TcpListener) -> Self {
        let server = Server::tcp(listener).expect("liblo takes the listener");
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
