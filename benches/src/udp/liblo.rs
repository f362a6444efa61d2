//! liblo: its server, run by hand, and a method.

use std::ffi::CStr;
use std::net::UdpSocket;

use oscine_benches_sys::liblo_server::Server;

use crate::receiver::{Alone, Receiver};

pub(crate) struct Liblo {
    server: Server,
    last: u64,
}

impl Liblo {
    /// The method takes arguments of these types, `if` or `f`.
    pub(crate) fn new(socket: &UdpSocket, types: &CStr) -> Self {
        let server = Server::udp(socket, types).expect("liblo takes the socket");
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

impl Alone for Liblo {}
