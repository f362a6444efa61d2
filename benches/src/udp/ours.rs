//! Us: the stream of packets, and datagrams in place.

use std::hint::black_box;
use std::net::UdpSocket;
use std::rc::Rc;

use futures::StreamExt;
use oscine::PacketRef;
use oscine::transport::udp::{Packets, Udp};
use tokio::runtime::Runtime;

use crate::message::sum;
use crate::receiver::Receiver;

const NAME: &str = "oscine";

/// The stream of packets that own their bytes.
pub(crate) struct Owned {
    runtime: Rc<Runtime>,
    packets: Packets,
    last: u64,
}

impl Owned {
    pub(crate) fn new(runtime: &Rc<Runtime>, socket: UdpSocket, gro: bool) -> Self {
        let udp = Udp::builder().gro(gro).wrap(socket).expect("a socket for tokio");
        Self { runtime: Rc::clone(runtime), packets: udp.packets(), last: 0 }
    }
}

impl Receiver for Owned {
    fn name(&self) -> &'static str {
        NAME
    }

    fn receive(&mut self, n: u64) {
        self.runtime.block_on(async {
            for _ in 0..n {
                let packet = self.packets.next().await.expect("the stream does not end");
                self.last = black_box(sum(packet.view()));
            }
        });
    }

    fn last(&self) -> u64 {
        self.last
    }
}

/// Datagrams in place, decoded by borrowing.
pub(crate) struct InPlace {
    runtime: Rc<Runtime>,
    udp: Udp,
    last: u64,
}

impl InPlace {
    pub(crate) fn new(runtime: &Rc<Runtime>, socket: UdpSocket) -> Self {
        let udp = Udp::builder().wrap(socket).expect("a socket for tokio");
        Self { runtime: Rc::clone(runtime), udp, last: 0 }
    }
}

impl Receiver for InPlace {
    fn name(&self) -> &'static str {
        NAME
    }

    fn receive(&mut self, n: u64) {
        let mut left = usize::try_from(n).expect("a small number");
        self.runtime.block_on(async {
            while left > 0 {
                let batch = self.udp.recv_batch().await.expect("the runtime is there");
                for datagram in batch.take(left) {
                    let packet = PacketRef::decode(datagram.bytes).expect("the packet is sound");
                    self.last = black_box(sum(packet));
                    left -= 1;
                }
            }
        });
    }

    fn last(&self) -> u64 {
        self.last
    }
}
