//! The sending end of a connection.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use bytes::BytesMut;
use oscine::Packet;
use oscine::transport::framing::{Framing, FramingKind, LengthPrefix, Slip};

use crate::message::messages;

/// How many messages are written in one call: 144 KiB, which stay in the caches.
pub(crate) const MESSAGES: u64 = 4096;

/// The sending end of a connection: a thread that writes when it is told to.
pub(crate) struct Feed {
    orders: Sender<u64>,
}

impl Feed {
    /// Connects to whoever listens at `address`.
    pub(crate) fn new(address: SocketAddr, framing: FramingKind) -> Self {
        let mut connection = TcpStream::connect(address).expect("somebody listens");
        let wire = Wire::new(framing, &messages(MESSAGES));
        let (orders, received) = channel();
        thread::spawn(move || {
            // It ends when the other end of the channel, or of the connection, is gone.
            for order in received {
                if wire.write(order, &mut connection).is_err() {
                    return;
                }
            }
        });
        Self { orders }
    }

    /// Has `n` messages written.
    pub(crate) fn write(&self, n: u64) {
        self.orders.send(n).expect("the connection is open");
    }
}

/// Messages as they are on the wire.
pub(crate) struct Wire {
    bytes: BytesMut,
    /// Where each message ends.
    ends: Vec<usize>,
}

impl Wire {
    /// Of [`MESSAGES`] packets.
    pub(crate) fn new(framing: FramingKind, packets: &[Packet]) -> Self {
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

    /// Writes `n` messages, over and over the same ones.
    pub(crate) fn write(&self, n: u64, to: &mut impl Write) -> io::Result<()> {
        for _ in 0..n / MESSAGES {
            to.write_all(&self.bytes)?;
        }
        let rest = usize::try_from(n % MESSAGES).ok().and_then(|rest| rest.checked_sub(1));
        let end = rest.and_then(|last| self.ends.get(last)).copied().unwrap_or_default();
        to.write_all(self.bytes.get(..end).unwrap_or_default())
    }
}
