//! A framing and decoding, as one codec of tokio-util.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use oscine_codec::{DecodeOptions, Packet};
use tokio_util::codec::{Decoder, Encoder};

use crate::codec::bad_packet::BadPacket;
use crate::codec::outgoing::Outgoing;
use crate::codec::stream_error::StreamError;
use crate::framing::contract::Framing;
use crate::framing::decoded::Decoded;
use crate::hook::chain::{Hooks, Passed};
use crate::hook::contract::Hook;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;

/// A framing and decoding, as one codec for tokio-util's `Framed`.
///
/// It reads `Result<Packet, BadPacket>` and writes what is [`Outgoing`]: [`Packet`],
/// [`&Packet`](Packet), or [`Bytes`] that are a packet already. The [module page](crate::codec)
/// tells what comes out when.
#[derive(Debug, Clone)]
pub struct PacketCodec<F> {
    framing: F,
    options: DecodeOptions,
    hooks: Hooks,
    peer: PeerAddr,
    counters: Arc<Counters>,
    /// Packets read and their bytes that are not in the counters yet.
    packets: u64,
    bytes: u64,
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
        Self {
            framing,
            options,
            hooks: Hooks::default(),
            peer: PeerAddr::Unnamed,
            counters: Arc::default(),
            packets: 0,
            bytes: 0,
        }
    }

    /// Adds a [hook](crate::hook) on the bytes of packets.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Sets who hooks are told is at the other end: nobody by name, by default.
    #[must_use]
    pub fn peer(mut self, peer: PeerAddr) -> Self {
        self.peer = peer;
        self
    }

    /// Sets the counters to count in: its own by default.
    #[must_use]
    pub fn with_counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }

    pub(crate) fn with_hooks(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    pub(crate) fn set_peer(&mut self, peer: PeerAddr) {
        self.peer = peer;
    }

    pub(crate) fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    pub(crate) fn peer_addr(&self) -> &PeerAddr {
        &self.peer
    }

    /// The framing, for instance to ask which one was detected.
    #[must_use]
    pub fn framing(&self) -> &F {
        &self.framing
    }

    /// What has gone through this codec, or through all that share its counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let mut stats = self.counters.read();
        stats.received = stats.received.saturating_add(self.packets);
        stats.received_bytes = stats.received_bytes.saturating_add(self.bytes);
        stats
    }

    /// The counters; what is read gets there when all that is at hand has been read.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Reads packets out of what `next` finds, until there is one to hand out.
    #[inline(always)]
    fn read(
        &mut self,
        src: &mut BytesMut,
        next: impl Fn(&mut F, &mut BytesMut) -> Result<Decoded, StreamError>,
    ) -> Result<Option<Result<Packet, BadPacket>>, StreamError> {
        loop {
            match next(&mut self.framing, src) {
                Ok(Decoded::More) => {
                    self.settle();
                    return Ok(None);
                }
                Ok(Decoded::Frame(frame)) => {
                    self.packets += 1;
                    self.bytes += frame.len() as u64;
                    if let Some(packet) = self.packet(frame) {
                        return Ok(Some(packet));
                    }
                }
                Ok(Decoded::Fault(fault)) => {
                    self.packets += 1;
                    self.counters.bad(fault.kind.name());
                    return Ok(Some(Err(fault.into())));
                }
                Err(error) => {
                    if let StreamError::Frame(error) = &error {
                        self.packets += 1;
                        self.counters.bad(error.name());
                    }
                    self.settle();
                    return Err(error);
                }
            }
        }
    }

    /// Brings the counters up to date.
    pub(crate) fn settle(&mut self) {
        if self.packets > 0 {
            self.counters.received(self.packets, self.bytes);
            (self.packets, self.bytes) = (0, 0);
        }
    }

    /// Decodes a frame; nothing if a hook swallows it.
    #[inline(always)]
    fn packet(&self, frame: Bytes) -> Option<Result<Packet, BadPacket>> {
        if self.hooks.is_empty() {
            return Some(self.plain_packet(frame));
        }
        let bytes = match self.hooks.inbound(&frame, &self.peer) {
            Ok(Passed::Other(bytes)) => bytes,
            Ok(Passed::Same(_)) => frame,
            Err(stopped) => return stopped.into_bad(frame, &self.counters).map(Err),
        };
        Some(self.plain_packet(bytes))
    }

    /// Decodes what hooks have let pass.
    #[inline(always)]
    fn plain_packet(&self, bytes: Bytes) -> Result<Packet, BadPacket> {
        match Packet::decode_with(bytes.clone(), &self.options) {
            Ok(packet) => {
                self.counters.tolerated(packet.tolerances());
                Ok(packet)
            }
            Err(error) => {
                self.counters.decode_error(error.kind());
                Err(BadPacket::Decode { error, bytes })
            }
        }
    }

    fn put(&mut self, packet: &[u8], dst: &mut BytesMut) -> Result<(), SendError> {
        let packet = match self.hooks.outbound(packet, &self.peer) {
            Ok(packet) => packet,
            Err(stopped) => return stopped.into_sent(&self.counters),
        };
        self.framing.encode(&packet, dst)?;
        self.counters.sent(1, packet.len());
        Ok(())
    }
}

impl<F: Framing + Default> Default for PacketCodec<F> {
    fn default() -> Self {
        Self::new(F::default())
    }
}

impl<F: Framing> Decoder for PacketCodec<F> {
    type Item = Result<Packet, BadPacket>;
    type Error = StreamError;

    #[inline(always)]
    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        self.read(src, |framing, src| Ok(framing.decode(src)?))
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        self.read(src, |framing, src| Ok(framing.finish(src)?))
    }
}

impl<F: Framing, T: Outgoing> Encoder<T> for PacketCodec<F> {
    type Error = SendError;

    fn encode(&mut self, packet: T, dst: &mut BytesMut) -> Result<(), SendError> {
        self.put(packet.packet_bytes(), dst)
    }
}
