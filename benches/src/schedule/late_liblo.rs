//! liblo: a server that is sent bundles.

use std::net::{Ipv4Addr, UdpSocket};

use oscine::TimeTag;
use oscine_benches_sys::liblo_timed::Timed;

use crate::schedule::late::Punctual;
use crate::schedule::late_ours::packet;

struct Liblo {
    server: Timed,
    socket: UdpSocket,
}

pub(crate) fn side() -> Box<dyn Punctual> {
    let server = Timed::new().expect("liblo has a free port");
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    Box::new(Liblo { server, socket })
}

impl Punctual for Liblo {
    fn name(&self) -> &'static str {
        "liblo"
    }

    fn run(&mut self, due: &[TimeTag]) -> Vec<f64> {
        for &due in due {
            let to = (Ipv4Addr::LOCALHOST, self.server.port());
            self.socket.send_to(packet(due).as_bytes(), to).expect("loopback takes it");
        }
        let mut late = vec![0.0; due.len()];
        assert!(self.server.run(&mut late), "liblo runs all of them");
        late
    }
}
