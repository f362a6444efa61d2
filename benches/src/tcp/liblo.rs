//! liblo: its server over TCP, run by hand, and a method. It finds out the framing.

use std::ffi::CStr;
use std::net::TcpListener;

use oscine_benches_sys::liblo_server::Server;

use crate::receiver::Receiver;

pub(crate) struct Liblo {
    server: Server,
    last: u64,
}

impl Liblo {
    /// The method takes arguments of these types, `if` or `f`.
    pub(crate) fn new(listener: &TcpListener, types: &CStr) -> Self {
        let server = Server::tcp(listener, types).expect("liblo takes the listener");
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
