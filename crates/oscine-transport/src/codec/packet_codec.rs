//! A framing and decoding, as one codec of tokio-util.

use bytes::{Bytes, BytesMut};
use oscine_codec::{DecodeOptions, Packet};
use tokio_util::codec::{Decoder, Encoder};

use crate::codec::bad_packet::BadPacket;
use crate::codec::stream_error::StreamError;
use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::send_error::SendError;

/// A framing and decoding, as one codec for tokio-util's `Framed`.
///
/// It reads `Result<Packet, BadPacket>` and writes [`Packet`], [`&Packet`](Packet), or [`Bytes`]
/// that are a packet already. The [module page](crate::codec) tells what comes out when.
#[derive(Debug, Clone, Default)]
pub struct PacketCodec<F> {
    framing: F,
    options: DecodeOptions,
}

impl<F: Framing> PacketCodec<F> {
    /// Makes a codec that decodes with the default options.
    #[must_use]
    pub fn new(framing: F) -> Self {
        Self::with_options(framing, DecodeOptions::default())
    }

    /// Makes a codec that decodes with these options.
    #[must_use]
    pub fn with_options(framing: F, options: DecodeOptions) -> Self {
        Self { framing, options }
    }

    /// The framing, for instance to ask which one was detected.
    #[must_use]
    pub fn framing(&self) -> &F {
        &self.framing
    }

    fn packet(&self, decoded: Decoded) -> Option<Result<Packet, BadPacket>> {
        match decoded {
            Decoded::More => None,
            Decoded::Frame(bytes) => Some(
                Packet::decode_with(bytes.clone(), &self.options)
                    .map_err(|error| BadPacket::Decode { error, bytes }),
            ),
            Decoded::Fault(fault) => Some(Err(fault.into())),
        }
    }

    fn put(&mut self, packet: &[u8], dst: &mut BytesMut) -> Result<(), SendError> {
        Ok(self.framing.encode(packet, dst)?)
    }
}

impl<F: Framing> Decoder for PacketCodec<F> {
    type Item = Result<Packet, BadPacket>;
    type Error = StreamError;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let decoded = self.framing.decode(src)?;
        Ok(self.packet(decoded))
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        let decoded = self.framing.finish(src)?;
        Ok(self.packet(decoded))
    }
}

impl<F: Framing> Encoder<Packet> for PacketCodec<F> {
    type Error = SendError;

    fn encode(&mut self, packet: Packet, dst: &mut BytesMut) -> Result<(), SendError> {
        self.put(packet.as_bytes(), dst)
    }
}

impl<F: Framing> Encoder<&Packet> for PacketCodec<F> {
    type Error = SendError;

    fn encode(&mut self, packet: &Packet, dst: &mut BytesMut) -> Result<(), SendError> {
        self.put(packet.as_bytes(), dst)
    }
}

impl<F: Framing> Encoder<Bytes> for PacketCodec<F> {
    type Error = SendError;

    /// Writes bytes that the caller knows to be one packet; they are not checked.
    fn encode(&mut self, packet: Bytes, dst: &mut BytesMut) -> Result<(), SendError> {
        self.put(&packet, dst)
    }
}
