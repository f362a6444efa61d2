//! Bytes as other programs send them, written out here and not by what is tested.

use std::net::SocketAddr;

use oscine::transport::framing::FramingKind;
use oscine::{Message, Packet, ToArgs};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::{LOOPBACK, within};

/// A packet of one message.
pub(crate) fn packet(address: &str, args: impl ToArgs) -> Packet {
    Message::new(address, args).unwrap().into()
}

/// A frame of `framing` around `packet`.
pub(crate) fn frame(framing: FramingKind, packet: &[u8]) -> Vec<u8> {
    if framing == FramingKind::LengthPrefix {
        let length = u32::try_from(packet.len()).unwrap();
        return [&length.to_be_bytes(), packet].concat();
    }
    let mut frame = vec![0xc0];
    for byte in packet {
        match byte {
            0xc0 => frame.extend([0xdb, 0xdc]),
            0xdb => frame.extend([0xdb, 0xdd]),
            byte => frame.push(*byte),
        }
    }
    frame.push(0xc0);
    frame
}

/// A plain socket to a server's TCP port.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
}

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self { stream: within(TcpStream::connect(addr)).await.unwrap() }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within(self.stream.write_all(bytes)).await.unwrap();
    }

    /// Ends this direction; the other stays open.
    pub(crate) async fn finish(&mut self) {
        within(self.stream.shutdown()).await.unwrap();
    }

    /// The next `count` bytes.
    pub(crate) async fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        within(self.stream.read_exact(&mut bytes)).await.unwrap();
        bytes
    }

    /// All that comes until the server closes the connection, by whichever means.
    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A server that closes a connection with bytes unread resets it: an end like any other.
        let _ = within(self.stream.read_to_end(&mut bytes)).await;
        bytes
    }
}

/// A plain datagram socket.
pub(crate) async fn raw_udp() -> UdpSocket {
    UdpSocket::bind(LOOPBACK).await.unwrap()
}

/// Numbers without a pattern, the same in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number (splitmix64).
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Up to `most` bytes.
    pub(crate) fn bytes(&mut self, most: u64) -> Vec<u8> {
        (0..self.next() % (most + 1)).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}
