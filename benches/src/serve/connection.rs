//! Messages over a connection, whose bytes have arrived when the clock starts.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::rc::Rc;
use std::time::{Duration, Instant};

use oscine::transport::framing::FramingKind;
use tokio::runtime::Runtime;

use crate::contest::{Contest, Outcome, Pace, Side, per};
use crate::message::floats;
use crate::receiver::Receiver;
use crate::serve::ours::Serving;
use crate::tcp::bare::{Bare, length, length_prefix};
use crate::tcp::feed::{MESSAGES, Wire};

/// How many messages a turn has: 32 KiB, which the system takes at once and holds for who is to read them.
pub(crate) const TURN: u64 = 1024;
/// How long the system may take to take them.
const LIMIT: Duration = Duration::from_secs(10);

pub(crate) fn contest(runtime: &Rc<Runtime>) -> Contest {
    let wire = Rc::new(wire());
    let frames = |listener| Bare::new("frames", &listener, length_prefix, length);
    let mut peers = vec![side(&wire, frames)];
    peers.extend(liblo(&wire));
    let ours = side(&wire, |listener| Serving::tcp(runtime, listener));
    Contest { measure: "serve/tcp".to_owned(), pace: Pace::Fixed(TURN), ours, peers }
}

#[cfg(feature = "peers")]
fn liblo(wire: &Rc<Wire>) -> Option<Box<dyn Side>> {
    use crate::tcp::liblo::Liblo;
    Some(side(wire, |listener| Liblo::new(&listener, c"f")))
}

#[cfg(not(feature = "peers"))]
fn liblo(_: &Rc<Wire>) -> Option<Box<dyn Side>> {
    None
}

fn side<R: Receiver + 'static>(
    wire: &Rc<Wire>,
    receiver: impl FnOnce(TcpListener) -> R,
) -> Box<dyn Side> {
    let (connection, listener) = connection();
    Box::new(Written { wire: Rc::clone(wire), connection, receiver: receiver(listener) })
}

/// What is sent: a length before each message.
pub(crate) fn wire() -> Wire {
    Wire::new(FramingKind::LengthPrefix, &floats(MESSAGES))
}

/// The sending end of a connection, and the listener that has not accepted it yet.
pub(crate) fn connection() -> (TcpStream, TcpListener) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket on loopback");
    let address = listener.local_addr().expect("a bound socket has an address");
    // The system lets us connect before the receiver accepts.
    let connection = TcpStream::connect(address).expect("somebody listens");
    connection.set_write_timeout(Some(LIMIT)).expect("a time limit");
    // What is written is there at once, and not when the turn before has been acknowledged.
    connection.set_nodelay(true).expect("an option of TCP");
    (connection, listener)
}

/// A receiver at the end of a connection to which everything is written before each turn.
struct Written<R> {
    wire: Rc<Wire>,
    connection: TcpStream,
    receiver: R,
}

impl<R: Receiver> Side for Written<R> {
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
        self.wire.write(n, &mut self.connection).expect("the connection takes everything");
        let start = Instant::now();
        self.receiver.receive(n);
        times.push(per(start.elapsed(), n));
    }
}
