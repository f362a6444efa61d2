//! What a server is told about who may send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use oscine_codec::DecodeOptions;

use crate::engine::timing::{LatePolicy, TimePolicy, Timing};
use crate::peer::Peer;
use crate::peers::learn::options::OffsetOptions;
use crate::peers::learn::way::LearnOffset;
use crate::peers::networks::Networks;
use crate::peers::options::PeerOptions;
use crate::peers::rate_limit::RateLimit;
use crate::peers::rules::PeerRules;
use crate::time_offset::TimeOffset;

/// What a server is told about who may send what. Networks may change while it runs, from any thread.
#[derive(Debug)]
pub(crate) struct GateSettings {
    rules: Arc<PeerRules>,
    rate: Option<RateLimit>,
    offset_options: Arc<OffsetOptions>,
    networks: ArcSwap<Networks>,
    /// Counts how often the networks were set.
    generation: AtomicU64,
}

/// What the rules say about the packets of one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// None: as the endpoint has it.
    pub(crate) decode: Option<DecodeOptions>,
    pub(crate) timing: OwnTiming,
    pub(crate) learn_offset: LearnOffset,
    /// None: as much as it sends.
    pub(crate) limit: Option<RateLimit>,
    /// How long a packet may be, in bytes.
    pub(crate) max_frame: usize,
}

/// How the time tags of one peer are taken, as far as that is not as those of others are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnTiming {
    time: Option<TimePolicy>,
    late: Option<LatePolicy>,
    offset: Option<TimeOffset>,
}

impl OwnTiming {
    /// How the time tags of the peer are taken, where `server` is how those of others are.
    pub(crate) fn or(self, server: Timing) -> Timing {
        Timing {
            time: self.time.unwrap_or(server.time),
            late: self.late.unwrap_or(server.late),
            offset: self.offset.unwrap_or(server.offset),
        }
    }
}

impl Default for GateSettings {
    fn default() -> Self {
        Self::new(PeerRules::new(), None, Networks::new())
    }
}

impl GateSettings {
    /// What `rules` leave out about rates is `rate`.
    pub(crate) fn new(
        rules: impl Into<Arc<PeerRules>>,
        rate: Option<RateLimit>,
        networks: Networks,
    ) -> Self {
        let (rules, networks) = (rules.into(), ArcSwap::from_pointee(networks));
        let offset_options = Arc::default();
        Self { rules, rate, offset_options, networks, generation: AtomicU64::new(0) }
    }

    /// How the clocks of peers are learned where `rules` do not say it.
    pub(crate) fn with_offset_options(mut self, options: OffsetOptions) -> Self {
        self.offset_options = Arc::new(options);
        self
    }

    /// How the clock of a peer is learned, if it is.
    pub(crate) fn offset_options(&self, peer: &Peer) -> Arc<OffsetOptions> {
        let by_rule = self.options(peer).offset_options;
        by_rule.unwrap_or_else(|| Arc::clone(&self.offset_options))
    }

    /// What the rules set for a peer.
    pub(crate) fn options(&self, peer: &Peer) -> PeerOptions {
        self.rules.options(peer)
    }

    /// What holds for the packets of a peer.
    pub(crate) fn settle(&self, peer: &Peer) -> Settled {
        let options = self.options(peer);
        let PeerOptions { decode, time, late, offset, learn_offset, rate, max_frame, .. } = options;
        let limit = rate.or(self.rate);
        let limit = limit.filter(|limit| limit.packets.is_some() && *peer != Peer::Local);
        let timing = OwnTiming { time, late, offset };
        let learn_offset = learn_offset.unwrap_or_default();
        Settled { decode, timing, learn_offset, limit, max_frame: max_frame.unwrap_or(usize::MAX) }
    }

    /// Whether a peer may send: for those who accept connections.
    pub(crate) fn permits(&self, peer: &Peer) -> bool {
        peer.addr().is_none_or(|addr| self.networks.load().permits(addr.ip()))
    }

    /// The networks as they are now.
    pub(crate) fn networks(&self) -> Arc<Networks> {
        self.networks.load_full()
    }

    /// Sets other networks. They hold from the next packet on.
    pub(crate) fn set_networks(&self, networks: Networks) {
        self.networks.store(Arc::new(networks));
        // After the networks: whoever sees the new number sees them, too.
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Changes when the networks do.
    #[inline]
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }
}
