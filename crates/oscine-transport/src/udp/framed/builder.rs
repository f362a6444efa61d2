//! How a socket of frames in datagrams is made.

use core::{fmt, time::Duration};

use crate::codec::packet_codec::PacketCodec;
use crate::framing::contract::Framing;
use crate::peer_addr::PeerAddr;
use crate::udp::framed::peers::Peers;
use crate::udp::framed::socket::FramedUdp;
use crate::udp::link::GREATEST_V4;
use crate::udp::socket::Udp;

impl Udp {
    /// Begins to make a socket of datagrams that hold frames, as streams do.
    ///
    /// Each peer gets a framing of its own, made by `framing`. See [`FramedUdp`].
    pub fn framed<F, M>(self, framing: M) -> FramedUdpBuilder<F>
    where
        F: Framing + 'static,
        M: FnMut() -> F + Send + 'static,
    {
        FramedUdpBuilder {
            udp: self,
            framing: Box::new(framing),
            max_peers: DEFAULT_MAX_PEERS,
            expire_after: DEFAULT_EXPIRE_AFTER,
            split_above: GREATEST_V4,
        }
    }
}

/// The options of a [`FramedUdp`].
#[must_use = "a builder does nothing until it is built"]
pub struct FramedUdpBuilder<F> {
    udp: Udp,
    framing: Box<dyn FnMut() -> F + Send>,
    max_peers: usize,
    expire_after: Duration,
    split_above: usize,
}

impl<F: Framing + 'static> FramedUdpBuilder<F> {
    /// Sets how many peers are remembered: 500 by default; 0 means no limit.
    ///
    /// At the limit a new peer takes the place of one that has sent whole frames alone. If there is
    /// none, its datagrams are dropped and counted as `too-many-peers`, while known peers go on.
    /// Worst-case memory use is this figure times the longest frame of the framing, which for a
    /// limit of 1 MiB is 500 MiB: set a smaller one where peers are not trusted.
    pub fn max_peers(mut self, max_peers: usize) -> Self {
        self.max_peers = max_peers;
        self
    }

    /// Sets how long the rest of a frame may stay away: 30 s by default.
    ///
    /// It counts from the last datagram of the peer. A frame given up is an item, a
    /// [`BadPacket::Frame`](crate::BadPacket::Frame) of kind unfinished, and counted as
    /// `unfinished-frame`.
    pub fn expire_after(mut self, expire_after: Duration) -> Self {
        self.expire_after = expire_after;
        self
    }

    /// Sets how many bytes a datagram that is sent may have: 65,507 by default.
    ///
    /// Each packet begins a datagram. One that is longer with its marks goes on in the next: below
    /// 1,472 bytes no network cuts it up, but if one datagram is lost the frame is damaged all the
    /// same. 0 is taken for 1, and more than the default for the default.
    pub fn split_above(mut self, bytes: usize) -> Self {
        self.split_above = bytes.clamp(1, GREATEST_V4);
        self
    }

    /// Makes the socket. What the plain socket's sink had not flushed is dropped and counted.
    #[must_use]
    pub fn build(self) -> FramedUdp<F> {
        let Self { udp, mut framing, max_peers, expire_after, split_above } = self;
        let (link, options) = (udp.link.clone(), udp.reading.decode);
        let make = move |peer| {
            PacketCodec::with_options(framing(), options)
                .with_counters(link.counters.clone())
                .with_hooks(link.hooks.clone())
                .peer(PeerAddr::Ip(peer))
        };
        let peers = Peers::new(Box::new(make), max_peers, expire_after);
        FramedUdp::new(udp, peers, split_above)
    }
}

impl<F> fmt::Debug for FramedUdpBuilder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FramedUdpBuilder").field("udp", &self.udp).finish_non_exhaustive()
    }
}

/// See `docs/defaults.md`.
const DEFAULT_MAX_PEERS: usize = 500;

/// Long enough for a person's hand on a slow line, short enough that forged peers cannot pile up.
const DEFAULT_EXPIRE_AFTER: Duration = Duration::from_secs(30);
