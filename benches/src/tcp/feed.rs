//! The sending end of a connection.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use bytes::BytesMut;
use oscine::Packet;
use oscine::transport::framing::{Framing, FramingKind, LengthPrefix, Slip};

/// The sending end of a connection: a thread that writes when it is told to.
pub(crate) struct Feed {
    orders: Sender<u64>,
}

impl Feed {
    /// Connects to whoever listens at `address`.
    pub(crate) fn new(address: SocketAddr, framing: FramingKind, packets: &[Packet]) -> Self {
        let mut connection = TcpStream::connect(address).expect("somebody listens");
        let wire = Wire::new(framing, packets);
        let (orders, received) = channel();
        thread::spawn(move || {
            // It ends when the other end of the channel, or of the connection, is gone.
            for order in received {
                if connection.write_all(wire.of(order)).is_err() {
                    return;
                }
            }
        });
        Self { orders }
    }

    /// Has the first `n` messages written.
    pub(crate) fn write(&self, n: u64) {
        self.orders.send(n).expect("the connection is open");
    }
}

/// Messages as they are on the wire.
struct Wire {
    bytes: BytesMut,
    /// Where each message ends.
    ends: Vec<usize>,
}

impl Wire {
    fn new(framing: FramingKind, packets: &[Packet]) -> Self {
        match framing {
            FramingKind::LengthPrefix => Self::encoded(LengthPrefix::new(), packets),
            _ => Self::encoded(Slip::new(), packets),
        }
    }

    fn encoded(mut framing: impl Framing, packets: &[Packet]) -> Self {
        let mut bytes = BytesMut::new();
        let end = |packet: &Packet| {
            framing.encode(packet.as_bytes(), &mut bytes).expect("a short packet");
            bytes.len()
        };
        let ends = packets.iter().map(end).collect();
        Self { bytes, ends }
    }

    /// The first `n` messages.
    fn of(&self, n: u64) -> &[u8] {
        let last = usize::try_from(n).ok().and_then(|n| self.ends.get(n.checked_sub(1)?));
        last.and_then(|&end| self.bytes.get(..end)).expect("there are so many")
    }
}
