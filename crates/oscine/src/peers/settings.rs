//! What a server is told about who may send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use oscine_codec::DecodeOptions;

use crate::engine::timing::Timing;
use crate::peer::Peer;
use crate::peers::networks::Networks;
use crate::peers::rate_limit::RateLimit;
use crate::peers::rules::PeerRules;

/// What a server is told about who may send what. Networks may change while it runs, from any thread.
#[derive(Debug)]
pub(crate) struct GateSettings {
    rules: PeerRules,
    server: Settled,
    networks: ArcSwap<Networks>,
    /// Counts how often the networks were set.
    generation: AtomicU64,
}

/// What holds for one peer, when all is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Settled {
    pub(crate) decode: DecodeOptions,
    pub(crate) timing: Timing,
    /// None: as much as it sends.
    pub(crate) limit: Option<RateLimit>,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self::new(PeerRules::new(), Settled::default(), Networks::new())
    }
}

impl GateSettings {
    /// What `rules` leave out is as `server` has it.
    pub(crate) fn new(rules: PeerRules, server: Settled, networks: Networks) -> Self {
        let networks = ArcSwap::from_pointee(networks);
        Self { rules, server, networks, generation: AtomicU64::new(0) }
    }

    /// What holds for a peer.
    pub(crate) fn settle(&self, peer: &Peer) -> Settled {
        let Settled { decode, timing, limit } = self.server;
        let options = self.rules.options(peer);
        let limit = options.rate.or(limit);
        Settled {
            decode: options.decode.unwrap_or(decode),
            timing: Timing {
                time: options.time.unwrap_or(timing.time),
                late: options.late.unwrap_or(timing.late),
                offset: options.offset.unwrap_or(timing.offset),
            },
            limit: limit.filter(|limit| limit.packets.is_some() && *peer != Peer::Local),
        }
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
