//! What a server is told about who may send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;

use crate::engine::timing::Timing;
use crate::peer::Peer;
use crate::peers::learn::options::OffsetOptions;
use crate::peers::networks::Networks;
use crate::peers::options::PeerOptions;
use crate::peers::rate_limit::RateLimit;
use crate::peers::rules::PeerRules;

/// What a server is told about who may send what. Networks may change while it runs, from any thread.
#[derive(Debug)]
pub(crate) struct GateSettings {
    rules: PeerRules,
    rate: Option<RateLimit>,
    offset_options: Arc<OffsetOptions>,
    networks: ArcSwap<Networks>,
    /// Counts how often the networks were set.
    generation: AtomicU64,
}

/// What the rules say about one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Settled {
    /// What is not set is as the endpoint or the server has it.
    pub(crate) options: PeerOptions,
    /// None: as much as it sends.
    pub(crate) limit: Option<RateLimit>,
}

impl Settled {
    /// How the time tags of the peer are taken, where `server` is how those of others are.
    pub(crate) fn timing(&self, server: Timing) -> Timing {
        let PeerOptions { time, late, offset, .. } = self.options;
        Timing {
            time: time.unwrap_or(server.time),
            late: late.unwrap_or(server.late),
            offset: offset.unwrap_or(server.offset),
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
    pub(crate) fn new(rules: PeerRules, rate: Option<RateLimit>, networks: Networks) -> Self {
        let networks = ArcSwap::from_pointee(networks);
        let offset_options = Arc::default();
        Self { rules, rate, offset_options, networks, generation: AtomicU64::new(0) }
    }

    /// How the clocks of peers are learned.
    pub(crate) fn with_offset_options(mut self, options: OffsetOptions) -> Self {
        self.offset_options = Arc::new(options);
        self
    }

    pub(crate) const fn offset_options(&self) -> &Arc<OffsetOptions> {
        &self.offset_options
    }

    /// What holds for a peer.
    pub(crate) fn settle(&self, peer: &Peer) -> Settled {
        let options = self.rules.options(peer);
        let limit = options.rate.or(self.rate);
        let limit = limit.filter(|limit| limit.packets.is_some() && *peer != Peer::Local);
        Settled { options, limit }
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
