//! A framing and decoding, as one codec of tokio-util.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use oscine_codec::{DecodeOptions, Packet};
use tokio_util::codec::{Decoder, Encoder};

use crate::codec::bad_packet::BadPacket;
use crate::codec::outgoing::Outgoing;
use crate::codec::stream_error::StreamError;
use crate::codec::taker::{OneByOne, Taker};
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
/// [`&Packet`](Packet), or [`Bytes`](bytes::Bytes) that are a packet already. The
/// [module page](crate::codec) tells what comes out when.
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

    pub(crate) fn framing_mut(&mut self) -> &mut F {
        &mut self.framing
    }

    pub(crate) fn add_hook(&mut self, hook: impl Hook + 'static) {
        self.hooks.push(hook);
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

    /// Reads until there is something to hand out.
    ///
    /// `None` means that there is no whole frame.
    #[inline(always)]
    pub(crate) fn read<T: Taker>(
        &mut self,
        src: &mut BytesMut,
        taker: &mut T,
    ) -> Result<Option<T::Item>, StreamError> {
        match self.read_in_place(src, taker) {
            Some(read) => read,
            None => self.read_out(src, taker, F::decode),
        }
    }

    /// Reads on when nothing will be added to `src`; `None` means that this was all.
    pub(crate) fn read_last<T: Taker>(
        &mut self,
        src: &mut BytesMut,
        taker: &mut T,
    ) -> Result<Option<T::Item>, StreamError> {
        self.read_out(src, taker, F::finish)
    }

    /// Reads frames where they lie, if the framing can do that.
    #[inline(always)]
    fn read_in_place<T: Taker>(
        &mut self,
        src: &mut BytesMut,
        taker: &mut T,
    ) -> Option<Result<Option<T::Item>, StreamError>> {
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
            done += consumed;
            let frame = match found {
                Found::More => break None,
                Found::Fault(fault) => match taker.take_bad(self.damaged(fault)) {
                    None => continue,
                    item => break item,
                },
                Found::Frame(place) => rest.get(place).unwrap_or_default(),
            };
            let item = self.pass(frame, taker);
            if item.is_some() {
                break item;
            }
        };
        src.advance(done.min(src.len()));
        if item.is_none() {
            self.settle();
        }
        Some(Ok(item))
    }

    /// Reads frames that `next` takes out.
    fn read_out<T: Taker>(
        &mut self,
        src: &mut BytesMut,
        taker: &mut T,
        next: impl Fn(&mut F, &mut BytesMut) -> Result<Decoded, FrameError>,
    ) -> Result<Option<T::Item>, StreamError> {
        loop {
            let item = match next(&mut self.framing, src) {
                Ok(Decoded::More) => {
                    self.settle();
                    return Ok(None);
                }
                Ok(Decoded::Frame(frame)) => self.pass(&frame, taker),
                Ok(Decoded::Fault(fault)) => taker.take_bad(self.damaged(fault)),
                Err(error) => return Err(self.lost(error)),
            };
            if item.is_some() {
                return Ok(item);
            }
        }
    }

    /// Has a frame taken, if hooks let it pass.
    #[inline(always)]
    fn pass<T: Taker>(&mut self, frame: &[u8], taker: &mut T) -> Option<T::Item> {
        self.packets += 1;
        self.bytes += frame.len() as u64;
        if self.hooks.is_empty() {
            return taker.take(frame, &self.options, &self.counters);
        }
        match self.hooks.pass_in(frame, &self.peer) {
            Ok(passed) => taker.take(&passed, &self.options, &self.counters),
            Err(stopped) => taker.take_bad(stopped.into_bad(frame, &self.counters)?),
        }
    }

    /// Counts a frame that was dropped.
    #[cold]
    fn damaged(&mut self, fault: FrameFault) -> BadPacket {
        self.packets += 1;
        self.counters.damaged(fault.kind);
        fault.into()
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

    fn put(&mut self, packet: &[u8], dst: &mut BytesMut) -> Result<(), SendError> {
        let packet = match self.hooks.pass_out(packet, &self.peer) {
            Ok(packet) => packet,
            Err(stopped) => return stopped.into_sent(&self.counters),
        };
        self.framing.encode(&packet, dst)?;
        self.counters.sent(1, packet.len() as u64);
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
        self.read(src, &mut OneByOne)
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, StreamError> {
        self.read_last(src, &mut OneByOne)
    }
}

impl<F: Framing, T: Outgoing> Encoder<T> for PacketCodec<F> {
    type Error = SendError;

    fn encode(&mut self, packet: T, dst: &mut BytesMut) -> Result<(), SendError> {
        self.put(packet.packet_bytes(), dst)
    }
}
