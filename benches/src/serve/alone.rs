//! One datagram at a time: what it costs whoever has waited for it.
//!
//! The datagram is in the queue when the clock starts, so a receiver that blocks does not sleep. An asynchronous one asks
//! the system what has arrived, is woken, reads, runs the handler, and finds that nothing is left: all of that counts.

use std::net::{SocketAddr, UdpSocket};
use std::rc::Rc;
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::contest::{Contest, Outcome, Pace, Side, per};
use crate::receiver::Alone;
use crate::serve::ours::Serving;
use crate::udp::bare::Bare;
use crate::udp::receive::Source;
use crate::udp::socket::{address, socket};

/// How many datagrams a turn has; each is timed by itself.
const DATAGRAMS: u64 = 16;

pub(crate) fn contest(runtime: &Rc<Runtime>, source: &Rc<Source>) -> Contest {
    Contest {
        measure: "serve/alone".to_owned(),
        pace: Pace::Fixed(DATAGRAMS),
        ours: side(source, |socket| Serving::udp(runtime, socket, true)),
        peers: peers(source),
    }
}

#[cfg(feature = "peers")]
fn peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    use crate::udp::liblo::Liblo;
    vec![side(source, Bare::new), side(source, |socket| Liblo::new(&socket, c"f"))]
}

#[cfg(not(feature = "peers"))]
fn peers(source: &Rc<Source>) -> Vec<Box<dyn Side>> {
    vec![side(source, Bare::new)]
}

fn side<R: Alone + 'static>(
    source: &Rc<Source>,
    receiver: impl FnOnce(UdpSocket) -> R,
) -> Box<dyn Side> {
    let (from, to) = (socket(), socket());
    let address = address(&to);
    Box::new(OneByOne { source: Rc::clone(source), from, address, receiver: receiver(to) })
}

/// A receiver that has one datagram in its queue, or none.
struct OneByOne<R> {
    /// Helps when one is lost.
    source: Rc<Source>,
    from: UdpSocket,
    address: SocketAddr,
    receiver: R,
}

impl<R: Alone> Side for OneByOne<R> {
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
        let message = self.source.message();
        for _ in 0..n {
            let mut send = || {
                self.from.send_to(message, self.address).expect("loopback takes everything");
            };
            let mut taken = Duration::ZERO;
            let counts = self.source.time(self.address, || {
                taken = self.receiver.receive_alone(&mut send);
            });
            times.extend(counts.map(|_| per(taken, 1)));
        }
    }
}
