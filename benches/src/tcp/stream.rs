//! Messages over a connection.

use std::net::{Ipv4Addr, TcpListener};
use std::rc::Rc;
use std::time::Instant;

use oscine::transport::framing::FramingKind;
use tokio::runtime::Builder;

use crate::contest::{Contest, Outcome, Pace, Side, per};
use crate::receiver::Receiver;
use crate::tcp::bare::{self, Bare};
use crate::tcp::feed::Feed;
use crate::tcp::ours::Ours;

/// How many messages a turn has: 18 MiB. What the system holds between the two ends should be
/// little beside it.
const MESSAGES: u64 = 512 * 1024;
/// liblo gets so many times fewer: a message takes it so long that its time is as clear.
#[cfg(feature = "peers")]
const LIBLO_SHARE: u64 = 32;

pub(crate) fn contests() -> Vec<Contest> {
    let runtime = Rc::new(Builder::new_current_thread().enable_all().build().expect("a runtime"));
    let contest = |measure: &str, framing, bare: [Box<dyn Side>; 2]| {
        let mut peers = liblo(framing);
        peers.extend(bare);
        let ours = side(framing, 1, |listener| Ours::new(&runtime, listener));
        Contest { measure: measure.to_owned(), pace: Pace::Fixed(MESSAGES), ours, peers }
    };
    let (length, slip) = (FramingKind::LengthPrefix, FramingKind::Slip);
    let bare_length = [
        side(length, 1, |l| Bare::new("bare", &l, bare::length_prefix, bare::read)),
        side(length, 1, |l| Bare::new("frames", &l, bare::length_prefix, bare::length)),
    ];
    let bare_slip = [
        side(slip, 1, |l| Bare::new("bare", &l, bare::slip, bare::read)),
        side(slip, 1, |l| Bare::new("frames", &l, bare::slip, bare::length)),
    ];
    vec![contest("tcp/length", length, bare_length), contest("tcp/slip", slip, bare_slip)]
}

#[cfg(feature = "peers")]
fn liblo(framing: FramingKind) -> Vec<Box<dyn Side>> {
    use crate::tcp::liblo::Liblo;
    vec![side(framing, LIBLO_SHARE, |listener| Liblo::new(&listener, c"if"))]
}

#[cfg(not(feature = "peers"))]
fn liblo(_: FramingKind) -> Vec<Box<dyn Side>> {
    Vec::new()
}

/// A side that receives from a connection of its own, in a turn one in `share` of the messages.
fn side<R: Receiver + 'static>(
    framing: FramingKind,
    share: u64,
    receiver: impl FnOnce(TcpListener) -> R,
) -> Box<dyn Side> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket on loopback");
    let address = listener.local_addr().expect("a bound socket has an address");
    // The system lets the feed connect before the receiver accepts.
    let feed = Feed::new(address, framing);
    Box::new(Fed { feed, share, receiver: receiver(listener) })
}

/// A receiver at the end of a connection.
struct Fed<R> {
    feed: Feed,
    share: u64,
    receiver: R,
}

impl<R: Receiver> Side for Fed<R> {
    fn name(&self) -> &'static str {
        self.receiver.name()
    }

    fn run(&mut self, n: u64) {
        self.feed.write(n);
        self.receiver.receive(n);
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.receiver.last())
    }

    fn turn(&mut self, n: u64, times: &mut Vec<f64>) {
        let n = n / self.share;
        self.feed.write(n);
        // The clock does not run while the thread wakes up.
        self.receiver.receive(1);
        let start = Instant::now();
        self.receiver.receive(n - 1);
        times.push(per(start.elapsed(), n - 1));
    }
}
