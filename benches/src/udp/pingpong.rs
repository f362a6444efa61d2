//! Round trips: one message, to and fro between two tasks.

use std::hint::black_box;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use oscine::transport::udp::Udp;
use oscine::{Packet, PacketRef};
use tokio::net::UdpSocket;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::contest::{Contest, Outcome, Pace, Side, per};
use crate::message::{messages, sum};
use crate::udp::socket::{address, socket};

/// How many round trips a turn has.
const TRIPS: u64 = 64;
/// How long they may take. Beyond that one was lost, and the turn does not count.
const LIMIT: Duration = Duration::from_secs(2);

pub(crate) fn contest(runtime: &Rc<Runtime>) -> Contest {
    let packet = messages(1).pop().expect("one message");
    let ours = Ours::new(runtime, packet.clone());
    let tokio = Tokio::new(runtime, packet);
    Contest {
        measure: "pingpong/p50".to_owned(),
        pace: Pace::Fixed(TRIPS),
        ours: Box::new(Trips { runtime: Rc::clone(runtime), player: ours, last: 0 }),
        peers: vec![Box::new(Trips { runtime: Rc::clone(runtime), player: tokio, last: 0 })],
    }
}

/// One end. At the other is a task that sends back what it gets.
trait Player {
    fn name(&self) -> &'static str;

    /// Sends the message and waits until it comes back; the sum of its arguments.
    async fn trip(&mut self) -> u64;
}

/// Us: both ends are streams of packets.
struct Ours {
    udp: Udp,
    other: SocketAddr,
    packet: Packet,
}

impl Ours {
    fn new(runtime: &Runtime, packet: Packet) -> Self {
        let (socket, other_socket) = (socket(), socket());
        let other = address(&other_socket);
        let udp = Udp::from_std(socket).expect("a socket for tokio");
        let mut other_udp = Udp::from_std(other_socket).expect("a socket for tokio");
        runtime.spawn(async move {
            while let Some(received) = other_udp.next().await {
                let packet = received.packet.expect("the packet is sound");
                other_udp.send_to(&packet, received.peer).await.expect("loopback takes it");
            }
        });
        Self { udp, other, packet }
    }
}

impl Player for Ours {
    fn name(&self) -> &'static str {
        "oscine"
    }

    async fn trip(&mut self) -> u64 {
        self.udp.send_to(&self.packet, self.other).await.expect("loopback takes it");
        let received = self.udp.next().await.expect("the stream does not end");
        sum(received.packet.expect("the packet is sound").view())
    }
}

/// Tokio's sockets, bare: the end with the task does not decode.
struct Tokio {
    socket: UdpSocket,
    other: SocketAddr,
    packet: Packet,
    buffer: Box<[u8]>,
}

impl Tokio {
    fn new(runtime: &Runtime, packet: Packet) -> Self {
        let (socket, other_socket) = (wrap(socket()), wrap(socket()));
        let other = other_socket.local_addr().expect("a bound socket has an address");
        runtime.spawn(async move {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                let (size, peer) = other_socket.recv_from(&mut buffer).await.expect("a datagram");
                let datagram = buffer.get(..size).unwrap_or_default();
                other_socket.send_to(datagram, peer).await.expect("loopback takes it");
            }
        });
        Self { socket, other, packet, buffer: vec![0; 64 * 1024].into_boxed_slice() }
    }
}

impl Player for Tokio {
    fn name(&self) -> &'static str {
        "tokio"
    }

    async fn trip(&mut self) -> u64 {
        let sent = self.socket.send_to(self.packet.as_bytes(), self.other).await;
        sent.expect("loopback takes it");
        let (size, _) = self.socket.recv_from(&mut self.buffer).await.expect("a datagram");
        let datagram = self.buffer.get(..size).unwrap_or_default();
        sum(PacketRef::decode(datagram).expect("the packet is sound"))
    }
}

fn wrap(socket: std::net::UdpSocket) -> UdpSocket {
    socket.set_nonblocking(true).expect("a socket that does not block");
    UdpSocket::from_std(socket).expect("a socket for tokio")
}

/// A side that times each round trip.
struct Trips<P> {
    runtime: Rc<Runtime>,
    player: P,
    last: u64,
}

impl<P: Player> Side for Trips<P> {
    fn name(&self) -> &'static str {
        self.player.name()
    }

    fn run(&mut self, n: u64) {
        self.turn(n, &mut Vec::new());
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }

    fn turn(&mut self, n: u64, times: &mut Vec<f64>) {
        let counted = times.len();
        let trips = async {
            for _ in 0..n {
                let start = Instant::now();
                self.last = black_box(self.player.trip().await);
                times.push(per(start.elapsed(), 1));
            }
        };
        if self.runtime.block_on(async { timeout(LIMIT, trips).await }).is_err() {
            times.truncate(counted);
        }
    }
}
