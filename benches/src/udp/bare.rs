//! The standard library: a loop that receives and does nothing else.

use std::net::UdpSocket;

use crate::message::sum_all;
use crate::receiver::{Alone, Receiver};

/// `recv_from`, again and again.
pub(crate) struct Bare {
    socket: UdpSocket,
    buffer: Box<[u8]>,
    size: usize,
}

impl Bare {
    pub(crate) fn new(socket: UdpSocket) -> Self {
        Self { socket, buffer: vec![0; 64 * 1024].into_boxed_slice(), size: 0 }
    }
}

impl Receiver for Bare {
    fn name(&self) -> &'static str {
        "recv_from"
    }

    fn receive(&mut self, n: u64) {
        for _ in 0..n {
            (self.size, _) = self.socket.recv_from(&mut self.buffer).expect("a datagram");
        }
    }

    fn last(&self) -> u64 {
        let datagram = self.buffer.get(..self.size).unwrap_or_default();
        sum_all(datagram)
    }
}

impl Alone for Bare {}
