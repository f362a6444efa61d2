//! The gate of a server.

use std::sync::Arc;
use std::time::Instant;

use oscine_codec::{MessageRef, PacketRef, Pattern};
use oscine_transport::BadPacket;
use oscine_transport::stats::DropCause;

use crate::peer::Peer;
use crate::peers::hosts::{Host, Hosts};
use crate::peers::learn::learners::Learners;
use crate::peers::learn::way::LearnOffset;
use crate::peers::line::{Held, HeldMessage};
use crate::peers::rate_limit::OverLimit;
use crate::peers::settings::{GateSettings, Settled};
use crate::peers::table::{Spot, Table};
use crate::peers::view::{PeerCounters, PeerTable};

/// Who may send, how much, and what holds for whom. The server's loop owns it and asks it about each packet, before
/// decoding.
///
/// ```text
///             admit ──► Refused
///               │
///               ├─────► Admitted ──► decode, run
///               │
///               └─────► Over ──► decode ──► hold ──► Kept | Replaced | Dropped
///                                             │
///  next_due: wait until then ──► release ◄────┘ ──► run
/// ```
///
/// The loop calls `release` until nothing is left, and then `admit`: a host of which something waits is over its limit
/// until then. Calls beyond that do no harm.
///
/// A run of packets from one peer costs a comparison each, and counting. Nothing here takes time in proportion to the
/// peers that are known, but for forgetting an eighth of them at once, and for networks that have changed.
#[derive(Debug)]
pub(crate) struct Gate {
    settings: Arc<GateSettings>,
    /// For which networks `peers` and `hosts` hold.
    generation: u64,
    /// Those that may send.
    peers: Table<Peer, Known>,
    hosts: Hosts,
    /// Shared with handles. Its places are the indices of `peers`.
    table: Arc<PeerTable>,
    /// Shared with handles, too.
    learners: Arc<Learners>,
}

/// What is settled about a peer.
#[derive(Debug)]
struct Known {
    counters: Arc<PeerCounters>,
    settled: Settled,
    /// Where its host is counted, if it is limited and has been there.
    host: Option<Spot>,
}

/// Whether a packet may pass.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict<'a> {
    /// It may not, for this cause: its host may not send, or has sent too much. Counted.
    Refused(DropCause),
    /// Beyond the limit; once it is decoded [`Gate::hold`] decides.
    Over(Admitted<'a>),
    /// It may.
    Admitted(Admitted<'a>),
}

/// What holds for a packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Admitted<'a> {
    pub(crate) settled: &'a Settled,
    pub(crate) counters: &'a Arc<PeerCounters>,
}

impl Gate {
    pub(crate) fn new(settings: Arc<GateSettings>) -> Self {
        Self {
            generation: settings.generation(),
            settings,
            peers: Table::new(MAX_PEERS),
            hosts: Hosts::new(),
            table: Arc::default(),
            learners: Arc::default(),
        }
    }

    /// Whether a packet of so many `bytes` may pass. It is counted either way. By `time` rates are counted, and it is
    /// asked only where there is one.
    #[inline]
    pub(crate) fn admit(
        &mut self,
        received_at: Instant,
        peer: &Peer,
        bytes: usize,
        time: impl FnOnce() -> Instant,
    ) -> Verdict<'_> {
        self.renew();
        let Some(spot) = self.peers.find(peer).or_else(|| self.enter(received_at, peer)) else {
            return Verdict::Refused(DropCause::Denied);
        };
        let Some(known) = self.peers.get_mut(spot) else {
            return Verdict::Refused(DropCause::Denied);
        };
        known.counters.packet(received_at, bytes);
        if let Some(limit) = known.settled.limit {
            if !passes(&mut self.hosts, known, time()) {
                if limit.over == OverLimit::Latest {
                    return Verdict::Over(known.admitted());
                }
                known.counters.limited.add(1);
                self.table.limited.add(1);
                return Verdict::Refused(DropCause::RateLimited);
            }
        }
        Verdict::Admitted(known.admitted())
    }

    /// Counts something of a peer that was no packet, or was refused before: it is not asked whether that may send so much.
    pub(crate) fn bad(&mut self, received_at: Instant, peer: &Peer, bad: &BadPacket) {
        self.renew();
        let spot = match self.peers.find(peer) {
            None if self.settings.permits(peer) => self.enter(received_at, peer),
            known => known,
        };
        let Some(known) = spot.and_then(|spot| self.peers.get(spot)) else { return };
        let bytes = match bad {
            BadPacket::Decode { bytes, .. } | BadPacket::Refused { bytes, .. } => bytes.len(),
            // Nobody knows.
            _ => 0,
        };
        known.counters.packet(received_at, bytes);
        known.counters.bad.add(1);
    }

    /// Keeps a packet that was [over the limit](Verdict::Over) for later, if it is a message with an address without
    /// wildcards and there is room; drops it otherwise. It is counted.
    pub(crate) fn hold(
        &mut self,
        peer: &Peer,
        received_at: Instant,
        packet: PacketRef<'_>,
    ) -> Held {
        let known = self.peers.find(peer).and_then(|spot| self.peers.get(spot));
        let Some(Known { counters, host, .. }) = known else {
            self.table.limited.add(1);
            return Held::Dropped;
        };
        let held = match (host, literal(packet)) {
            (Some(host), Some(message)) => self.hosts.hold(*host, counters, received_at, message),
            _ => Held::Dropped,
        };
        let (of_peer, of_all) = match held {
            Held::Kept => return held,
            Held::Replaced => (&counters.coalesced, &self.table.coalesced),
            Held::Dropped => (&counters.limited, &self.table.limited),
        };
        of_peer.add(1);
        of_all.add(1);
        held
    }

    /// When [`release`](Self::release) has something to give, by the time that rates are counted by.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.hosts.next_due()
    }

    /// Takes the first message held that may pass now.
    pub(crate) fn release(&mut self, now: Instant) -> Option<HeldMessage> {
        self.renew();
        self.hosts.release(now)
    }

    /// Forgets a peer: its connection is closed. What is held of it still passes.
    pub(crate) fn forget(&mut self, peer: &Peer) {
        let Some(spot) = self.peers.find(peer) else { return };
        if let Some(host) = self.remove(spot).and_then(|known| known.host) {
            self.hosts.forget(host, peer);
        }
    }

    /// Drops all messages that are held, and counts them. How many they were.
    pub(crate) fn drop_held(&mut self) -> usize {
        let dropped = self.hosts.drop_held();
        self.table.limited.add(dropped);
        dropped
    }

    /// How many messages are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.hosts.held()
    }

    /// What handles may read.
    pub(crate) const fn table(&self) -> &Arc<PeerTable> {
        &self.table
    }

    /// The clocks of peers that are learned.
    pub(crate) const fn learners(&self) -> &Arc<Learners> {
        &self.learners
    }

    /// Takes up a peer that is not known; none if it may not send, which is asked anew each time: those who may not
    /// take no room.
    #[cold]
    fn enter(&mut self, now: Instant, peer: &Peer) -> Option<Spot> {
        if !self.settings.permits(peer) {
            self.table.denied.add(1);
            return None;
        }
        for spot in self.peers.surplus(|known| Some(known.counters.last_seen())) {
            self.remove(spot);
        }
        let counters = Arc::new(PeerCounters::new(peer.clone(), now));
        let settled = self.settings.settle(peer);
        let known = Known { counters: Arc::clone(&counters), settled, host: None };
        let spot = self.peers.insert(peer.clone(), known);
        self.table.set(spot.index(), Some(Arc::clone(&counters)));
        let how = settled.learn_offset;
        if how != LearnOffset::No && *peer != Peer::Local {
            let options = self.settings.offset_options(peer);
            self.learners.learn(|| Some(counters), how, options);
        }
        Some(spot)
    }

    fn remove(&mut self, spot: Spot) -> Option<Known> {
        self.table.set(spot.index(), None);
        let known = self.peers.remove(spot)?;
        self.learners.forget(known.counters.peer());
        Some(known)
    }

    /// Follows networks that have changed.
    #[inline]
    fn renew(&mut self) {
        let generation = self.settings.generation();
        if generation != self.generation {
            self.generation = generation;
            self.drop_denied();
        }
    }

    #[cold]
    fn drop_denied(&mut self) {
        let networks = self.settings.networks();
        let denied = |peer: &Peer| peer.addr().is_some_and(|addr| !networks.permits(addr.ip()));
        let gone: Vec<_> = self.peers.iter().filter(|(_, peer, _)| denied(peer)).collect();
        let gone: Vec<_> = gone.into_iter().map(|(spot, ..)| spot).collect();
        for spot in gone {
            self.remove(spot);
        }
        self.table.limited.add(self.hosts.retain(|ip| networks.permits(ip)));
    }
}

impl Known {
    const fn admitted(&self) -> Admitted<'_> {
        Admitted { settled: &self.settled, counters: &self.counters }
    }
}

/// Whether one more packet of a peer that is limited may pass.
#[inline]
fn passes(hosts: &mut Hosts, known: &mut Known, now: Instant) -> bool {
    let there = known.host.and_then(|spot| hosts.take(now, spot));
    there.unwrap_or_else(|| passes_first(hosts, known, now))
}

/// The same, for a peer whose host has not been counted yet, or no longer.
#[cold]
fn passes_first(hosts: &mut Hosts, known: &mut Known, now: Instant) -> bool {
    let Some(limit) = known.settled.limit else { return true };
    known.host = hosts.enter(now, Host::of(known.counters.peer()), limit);
    known.host.and_then(|spot| hosts.take(now, spot)).unwrap_or(true)
}

/// The message, if the packet is one and its address has no wildcards.
fn literal(packet: PacketRef<'_>) -> Option<MessageRef<'_>> {
    let message = packet.message()?;
    let address = message.address_text().as_str().ok()?;
    (!Pattern::is_pattern(address)).then_some(message)
}

/// How many peers are known at most. An eighth of them goes when there is one more.
pub(crate) const MAX_PEERS: usize = 4096;
