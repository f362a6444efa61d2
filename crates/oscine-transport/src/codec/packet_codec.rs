//! A framing and decoding, as one codec of tokio-util.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use oscine_codec::{DecodeOptions, Packet};
use tokio_util::codec::{Decoder, Encoder};

use crate::codec::bad_packet::BadPacket;
use crate::codec::outgoing::Outgoing;
use crate::codec::stream_error::StreamError;
use crate::framing::contract::Framing;
use crate::framing::cut::{Cut, Found};
use crate::framing::decoded::Decoded;
use crate::framing::error::FrameError;
use crate::framing::fault::FrameFault;
use crate::hook::chain::Hooks;
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

    /// Reads packets out of frames where they lie, until there is one to hand out.
    ///
    /// A packet that is handed out has its own memory, so that the buffer can be used again.
    #[inline(always)]
    fn read_in_place(
        &mut self,
        src: &mut BytesMut,
    ) -> Option<Result<Option<Result<Packet, BadPacket>>, StreamError>> {
        let mut done = 0;
        let item = loop {
            let rest = src.get_mut(done..).unwrap_or_default();
            let Cut { found, consumed } = match self.framing.cut(rest)? {
                Ok(cut) => cut,
                Err(error) => {
                    src.clear();
                    return Some(Err(self.lost(error)));
                }
            };
            let frame = match found {
                Found::More => {
                    done += consumed;
                    break None;
                }
                Found::Fault(fault) => {
                    done += consumed;
                    break Some(self.damaged(fault));
                }
                Found::Frame(place) => rest.get(place).unwrap_or_default(),
            };
            self.packets += 1;
            self.bytes += frame.len() as u64;
            let packet = self.packet_in_place(frame);
            done += consumed;
            if packet.is_some() {
                break packet;
            }
        };
        src.advance(done.min(src.len()));
        if item.is_none() {
            self.settle();
        }
        Some(Ok(item))
    }

    /// Reads packets out of what `next` finds, until there is one to hand out.
    fn read(
        &mut self,
        src: &mut BytesMut,
        next: impl Fn(&mut F, &mut BytesMut) -> Result<Decoded, FrameError>,
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
                    if let Some(packet) = self.packet_in_place(&frame) {
                        return Ok(Some(packet));
                    }
                }
                Ok(Decoded::Fault(fault)) => return Ok(Some(self.damaged(fault))),
                Err(error) => return Err(self.lost(error)),
            }
        }
    }

    /// Counts a frame that was dropped.
    #[cold]
    fn damaged(&mut self, fault: FrameFault) -> Result<Packet, BadPacket> {
        self.packets += 1;
        self.counters.bad(fault.kind.name());
        Err(fault.into())
    }

    /// Counts a framing that is broken.
    #[cold]
    fn lost(&mut self, error: FrameError) -> StreamError {
        self.packets += 1;
        self.counters.bad(error.name());
        self.settle();
        error.into()
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
    fn packet_in_place(&self, frame: &[u8]) -> Option<Result<Packet, BadPacket>> {
        if self.hooks.is_empty() {
            return Some(self.plain_packet(frame));
        }
        match self.hooks.inbound(frame, &self.peer) {
            Ok(passed) => Some(self.plain_packet(&passed)),
            Err(stopped) => {
                stopped.into_bad(Bytes::copy_from_slice(frame), &self.counters).map(Err)
            }
        }
    }

    /// Decodes what hooks have let pass.
    #[inline(always)]
    fn plain_packet(&self, bytes: &[u8]) -> Result<Packet, BadPacket> {
        match Packet::decode_with(Bytes::copy_from_slice(bytes), &self.options) {
            Ok(packet) => {
                self.counters.tolerated(packet.tolerances());
                Ok(packet)
            }
            Err(error) => {
                self.counters.decode_error(error.kind());
                Err(BadPacket::Decode { error, bytes: Bytes::copy_from_slice(bytes) })
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
        match self.read_in_place(src) {
            Some(read) => read,
            None => self.read(src, F::decode),
        }
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        self.read(src, F::finish)
    }
}

impl<F: Framing, T: Outgoing> Encoder<T> for PacketCodec<F> {
    type Error = SendError;

    fn encode(&mut self, packet: T, dst: &mut BytesMut) -> Result<(), SendError> {
        self.put(packet.packet_bytes(), dst)
    }
}
