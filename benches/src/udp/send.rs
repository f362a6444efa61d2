//! Sending: how long it takes to hand a message to the system.

use std::net::{SocketAddr, UdpSocket};
use std::rc::Rc;
use std::time::Instant;

use oscine::Packet;
use oscine::transport::udp::Udp;
use tokio::runtime::Runtime;

use crate::contest::{Contest, Outcome, Pace, Side, per};
use crate::message::messages;
use crate::udp::socket::{address, room, socket};

pub(crate) fn contests(runtime: &Rc<Runtime>) -> Vec<Contest> {
    let room = room();
    let packets: Rc<[Packet]> = messages(room).into();
    let contest = |measure: &str, ours| Contest {
        measure: measure.to_owned(),
        pace: Pace::Fixed(room),
        ours,
        peers: Vec::from([bare(&packets)]),
    };
    vec![
        contest("send/single", single(runtime, &packets)),
        contest("send/batch", batch(runtime, &packets)),
    ]
}

/// The standard library: `send_to` for each message.
fn bare(packets: &Rc<[Packet]>) -> Box<dyn Side> {
    let socket = socket();
    sends("send_to", packets, move |packets, to| {
        for packet in packets {
            socket.send_to(packet.as_bytes(), to).expect("loopback takes everything");
        }
    })
}

/// Us, one packet at a time.
fn single(runtime: &Rc<Runtime>, packets: &Rc<[Packet]>) -> Box<dyn Side> {
    let sender = Udp::from_std(socket()).expect("a socket for tokio").sender();
    let runtime = Rc::clone(runtime);
    sends(NAME, packets, move |packets, to| {
        runtime.block_on(async {
            for packet in packets {
                sender.send_to(packet, to).await.expect("loopback takes everything");
            }
        });
    })
}

/// Us, all packets at once.
fn batch(runtime: &Rc<Runtime>, packets: &Rc<[Packet]>) -> Box<dyn Side> {
    let sender = Udp::from_std(socket()).expect("a socket for tokio").sender();
    let runtime = Rc::clone(runtime);
    sends(NAME, packets, move |packets, to| {
        runtime.block_on(sender.send_all_to(packets, to)).expect("loopback takes everything");
    })
}

/// A side that sends, by this function, to a socket of its own.
fn sends(
    name: &'static str,
    packets: &Rc<[Packet]>,
    send: impl Fn(&[Packet], SocketAddr) + 'static,
) -> Box<dyn Side> {
    Box::new(Sends { name, packets: Rc::clone(packets), target: Target::new(), send })
}

/// A side that sends.
struct Sends<F> {
    name: &'static str,
    packets: Rc<[Packet]>,
    target: Target,
    send: F,
}

impl<F: Fn(&[Packet], SocketAddr)> Side for Sends<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, n: u64) {
        self.turn(n, &mut Vec::new());
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.target.empty())
    }

    fn turn(&mut self, n: u64, times: &mut Vec<f64>) {
        let count = usize::try_from(n).expect("a small number");
        let packets = self.packets.get(..count).expect("no more than there is room for");
        self.target.empty();
        let start = Instant::now();
        (self.send)(packets, self.target.address);
        times.push(per(start.elapsed(), n));
    }
}

/// A socket that takes joined datagrams, and nobody waits for.
struct Target {
    socket: UdpSocket,
    address: SocketAddr,
}

impl Target {
    fn new() -> Self {
        let socket = socket();
        // This has the system join datagrams, and makes the socket non-blocking. Both stay when it
        // is gone.
        let socket_of_ours = socket.try_clone().expect("a second handle");
        drop(Udp::from_std(socket_of_ours).expect("a socket for tokio"));
        Self { address: address(&socket), socket }
    }

    /// Takes out everything; how many bytes there were.
    fn empty(&self) -> u64 {
        let mut buffer = [0; 4096];
        let received = std::iter::from_fn(|| self.socket.recv(&mut buffer).ok());
        received.map(|size| size as u64).sum()
    }
}

const NAME: &str = "oscine";
