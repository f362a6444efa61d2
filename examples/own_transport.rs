//! A server over a transport of the program's own: a radio on a serial line, through which many nodes talk.
//!
//! On the line each datagram has its length in front, and the number of the node it is from or for. The server knows
//! nothing of that: it is given a stream and a sink, and what a node is called. Here two nodes ask it, and one that has
//! said nothing yet is told something. The line and the nodes are in the same program. Exits with 1 if an answer is missing.
#![expect(clippy::print_stdout, reason = "printing is what this example does")]

use std::error::Error;
use std::future::ready;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures::{SinkExt, TryStreamExt};
use oscine::{AddressSpace, Message, Packet, Peer, PeerAddr, Server};
use tokio::io::{DuplexStream, duplex};
use tokio::time::timeout;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// The number of a node.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node(u8);

/// What the server knows a node by.
impl From<Node> for PeerAddr {
    fn from(node: Node) -> Self {
        format!("node {}", node.0).into()
    }
}

/// And the way back.
impl TryFrom<PeerAddr> for Node {
    type Error = PeerAddr;

    fn try_from(addr: PeerAddr) -> Result<Self, PeerAddr> {
        let number = addr.name().and_then(|name| name.strip_prefix("node ")?.parse().ok());
        number.map(Self).ok_or(addr)
    }
}

type Line = Framed<DuplexStream, LengthDelimitedCodec>;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (near, far) = duplex(4096);
    let mut nodes: Line = Framed::new(far, LengthDelimitedCodec::new());
    let line: Line = Framed::new(near, LengthDelimitedCodec::new());
    let line = line
        .try_filter(|datagram| ready(!datagram.is_empty()))
        .map_ok(|mut datagram| (Node(datagram.get_u8()), datagram))
        .map_ok(|(node, datagram)| (datagram.freeze(), node))
        .with(|(packet, node): (Bytes, Node)| ready(Ok::<_, io::Error>(on_line(node, &packet))));

    let space = AddressSpace::new();
    space.method("/battery", |peer: Peer, volts: f32| {
        println!("{} has {volts} V", peer.name().unwrap_or("nobody"));
        ("/led", volts > 3.0)
    })?;
    let server = Server::builder().datagrams(line).address_space(space).bind().await?;
    let handle = server.handle();
    let serving = tokio::spawn(server.serve().into_future());

    for (node, volts) in [(Node(3), 3.7_f32), (Node(7), 2.9)] {
        nodes.send(on_line(node, Message::new("/battery", volts)?.as_bytes())).await?;
    }
    // One that has said nothing yet, by what it is called.
    handle.send_to(PeerAddr::from(Node(9)), "/wake", ())?;

    let mut heard = 0;
    while heard < 3 {
        let next = timeout(Duration::from_secs(10), nodes.try_next()).await??;
        let mut datagram = next.ok_or("the line is closed")?;
        let node = datagram.try_get_u8()?;
        println!("node {node} hears {}", Packet::decode(datagram.freeze())?);
        heard += 1;
    }
    handle.stop();
    serving.await??;
    let stats = handle.stats();
    println!("{} received, {} sent", stats.received, stats.sent);
    Ok(if stats.received == 2 && stats.sent == 3 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A datagram as it is on the line, but for its length.
fn on_line(node: Node, packet: &[u8]) -> Bytes {
    let mut datagram = BytesMut::with_capacity(1 + packet.len());
    datagram.put_u8(node.0);
    datagram.put_slice(packet);
    datagram.freeze()
}
