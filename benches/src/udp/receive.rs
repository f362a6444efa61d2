//! Receiving: how long it takes to get a message out of a queue that is full.

use std::net::{SocketAddr, UdpSocket};
use std::rc::Rc;
use std::time::Duration;

use oscine::Packet;
use oscine::transport::udp::{Udp, UdpSender};
use tokio::runtime::Runtime;

use crate::contest::{Contest, Outcome, Pace, Side, per};
use crate::message::messages;
use crate::receiver::Receiver;
use crate::udp::bare::Bare;
use crate::udp::ours::{InPlace, Owned};
use crate::udp::rescue::Rescue;
use crate::udp::socket::{address, room, socket};

pub(crate) fn contests(runtime: &Rc<Runtime>) -> Vec<Contest> {
    let room = room();
    let source = Rc::new(Source::new(runtime, messages(room)));
    let contest = |measure: &str, ours: Box<dyn Side>, peers| Contest {
        measure: measure.to_owned(),
        pace: Pace::Fixed(room),
        ours,
        peers,
    };
    let owned = |gro| side(&source, |socket| Owned::new(runtime, socket, gro));
    let in_place = side(&source, |socket| InPlace::new(runtime, socket));
    vec![
        contest("receive/single", owned(false), peers(&source)),
        contest("receive/batch", owned(true), peers(&source)),
        contest("receive/batch-in-place", in_place, Vec::from([bare(&source)])),
    ]
}

#[cfg(feature = "peers")]
fn peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    use crate::udp::{liblo::Liblo, oscpack::Oscpack};
    vec![
        bare(source),
        side(source, |socket| Oscpack::new(&socket)),
        side(source, |socket| Liblo::new(&socket, c"if")),
    ]
}

#[cfg(not(feature = "peers"))]
fn peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    vec![bare(source)]
}

/// The loop that decodes nothing.
pub(crate) fn bare(source: &Rc<Source>) -> Box<dyn Side> {
    side(source, Bare::new)
}

/// A side that receives from a socket of its own.
pub(crate) fn side<R: Receiver + 'static>(
    source: &Rc<Source>,
    receiver: impl FnOnce(UdpSocket) -> R,
) -> Box<dyn Side> {
    let socket = socket();
    let address = address(&socket);
    Box::new(Filled { source: Rc::clone(source), address, receiver: receiver(socket) })
}

/// Where the messages come from.
pub(crate) struct Source {
    runtime: Rc<Runtime>,
    sender: UdpSender,
    packets: Vec<Packet>,
    rescue: Rescue,
}

impl Source {
    /// Sends these packets, as many of them as are wanted in a turn.
    pub(crate) fn new(runtime: &Rc<Runtime>, packets: Vec<Packet>) -> Self {
        let udp = runtime.block_on(Udp::bind("127.0.0.1:0")).expect("a socket to send from");
        let message = packets.first().expect("there are some").as_bytes().to_vec();
        Self {
            runtime: Rc::clone(runtime),
            sender: udp.sender(),
            packets,
            rescue: Rescue::new(socket(), message),
        }
    }

    /// Puts `n` messages into the queue of the socket at `address`.
    pub(crate) fn fill(&self, address: SocketAddr, n: u64) {
        let n = usize::try_from(n).expect("a small number");
        let packets = self.packets.get(..n).expect("no more than there is room for");
        let sent = self.runtime.block_on(self.sender.send_all_to(packets, address));
        sent.expect("loopback takes everything");
    }

    /// The first of its messages.
    pub(crate) fn message(&self) -> &[u8] {
        self.packets.first().expect("there are some").as_bytes()
    }

    /// Does `work`, which receives at this address; how long it took, or `None` if a message was lost.
    pub(crate) fn time(&self, address: SocketAddr, work: impl FnOnce()) -> Option<Duration> {
        self.rescue.time(address, work)
    }
}

/// A receiver whose queue is filled before each turn.
struct Filled<R> {
    source: Rc<Source>,
    address: SocketAddr,
    receiver: R,
}

impl<R: Receiver> Side for Filled<R> {
    fn name(&self) -> &'static str {
        self.receiver.name()
    }

    fn run(&mut self, n: u64) {
        self.turn(n, &mut Vec::new());
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.receiver.last())
    }

    fn turn(&mut self, n: u64, times: &mut Vec<f64>) {
        self.source.fill(self.address, n);
        let elapsed = self.source.time(self.address, || self.receiver.receive(n));
        times.extend(elapsed.map(|elapsed| per(elapsed, n)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::udp::runtime;

    #[test]
    fn a_receiver_that_waits_in_vain_is_helped() {
        let source = Source::new(&Rc::new(runtime()), messages(8));
        let socket = socket();
        let address = address(&socket);
        let mut receiver = Bare::new(socket);
        source.fill(address, 4);
        assert!(source.time(address, || receiver.receive(4)).is_some());
        source.fill(address, 3);
        assert!(source.time(address, || receiver.receive(4)).is_none());
    }
}
