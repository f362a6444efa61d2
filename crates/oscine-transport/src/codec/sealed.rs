//! How the bytes of what is sent are got at.

use bytes::Bytes;
use oscine_codec::Packet;

/// How the bytes of what is sent are got at; nobody else can implement it.
#[expect(unnameable_types, reason = "that is what seals it")]
pub trait PacketBytes {
    fn packet_bytes(&self) -> &[u8];
}

impl PacketBytes for Packet {
    fn packet_bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PacketBytes for &Packet {
    fn packet_bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PacketBytes for Bytes {
    fn packet_bytes(&self) -> &[u8] {
        self
    }
}
