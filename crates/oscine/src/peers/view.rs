//! What is known of each peer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::peer::Peer;
use crate::peers::learn::peer_clock::PeerClock;
use crate::peers::tally::Tally;

/// What a server knows of one peer: a snapshot.
///
/// A server remembers 4,096 peers; with one more, those that it has not heard of for longest are forgotten. A
/// connection is forgotten when it closes. Each takes less than 1 KiB, and one whose clock is learned at most 5 KiB
/// more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerView {
    /// Who it is.
    pub peer: Peer,
    /// When its first packet was received.
    pub first_seen: Instant,
    /// When its last packet was received.
    pub last_seen: Instant,
    /// Packets received, with the bad ones and those beyond its limit.
    pub packets: u64,
    /// Bytes of these packets, without framing. Of frames that were damaged nobody knows them.
    pub bytes: u64,
    /// Packets that did not decode, and frames of connections that were damaged or that a hook refused.
    pub bad: u64,
    /// Packets dropped because they were beyond its [`RateLimit`](crate::RateLimit), and messages that were still held
    /// back for it when the server stopped, or its host was denied.
    pub limited: u64,
    /// Messages replaced by newer ones while they were held: see [`OverLimit::Latest`](crate::OverLimit::Latest).
    pub coalesced: u64,
    /// What is known of its clock, if that is [learned](crate::LearnOffset).
    pub clock: Option<PeerClock>,
}

/// What is counted of one peer. Only the server's loop adds to it.
#[derive(Debug)]
pub(crate) struct PeerCounters {
    peer: Peer,
    first_seen: Instant,
    /// In nanoseconds after `first_seen`: enough for five hundred years.
    last_seen: Tally,
    packets: Tally,
    bytes: Tally,
    pub(crate) bad: Tally,
    pub(crate) limited: Tally,
    pub(crate) coalesced: Tally,
    /// Whether the peer's clock is learned. Written by handles, too.
    learned: AtomicBool,
}

impl PeerCounters {
    pub(crate) fn new(peer: Peer, now: Instant) -> Self {
        Self {
            peer,
            first_seen: now,
            last_seen: Tally::default(),
            packets: Tally::default(),
            bytes: Tally::default(),
            bad: Tally::default(),
            limited: Tally::default(),
            coalesced: Tally::default(),
            learned: AtomicBool::new(false),
        }
    }

    /// Counts a packet.
    #[inline]
    pub(crate) fn packet(&self, now: Instant, bytes: usize) {
        self.packets.add(1);
        self.bytes.add(bytes);
        let after = now.saturating_duration_since(self.first_seen).as_nanos();
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        self.last_seen.set(after.max(self.last_seen.read()));
    }

    pub(crate) const fn peer(&self) -> &Peer {
        &self.peer
    }

    /// How many packets were received.
    pub(crate) fn packets(&self) -> u64 {
        self.packets.read()
    }

    /// Whether the peer's clock is learned.
    #[inline]
    pub(crate) fn learned(&self) -> bool {
        self.learned.load(Ordering::Relaxed)
    }

    pub(crate) fn set_learned(&self, learned: bool) {
        self.learned.store(learned, Ordering::Relaxed);
    }

    pub(crate) fn last_seen(&self) -> Instant {
        let after = Duration::from_nanos(self.last_seen.read());
        self.first_seen.checked_add(after).unwrap_or(self.first_seen)
    }

    pub(crate) fn view(&self) -> PeerView {
        PeerView {
            peer: self.peer.clone(),
            first_seen: self.first_seen,
            last_seen: self.last_seen(),
            packets: self.packets.read(),
            bytes: self.bytes.read(),
            bad: self.bad.read(),
            limited: self.limited.read(),
            coalesced: self.coalesced.read(),
            clock: None,
        }
    }
}

/// What handles may read of a gate while it works. The lock is taken when a peer comes or goes, and to read.
#[derive(Debug, Default)]
pub(crate) struct PeerTable {
    /// Packets of hosts that may not send.
    pub(crate) denied: Tally,
    /// Packets dropped because they were beyond a limit.
    pub(crate) limited: Tally,
    /// Messages replaced by newer ones.
    pub(crate) coalesced: Tally,
    peers: Mutex<Vec<Option<Arc<PeerCounters>>>>,
}

impl PeerTable {
    /// All peers that are known, in no particular order.
    pub(crate) fn views(&self) -> Vec<PeerView> {
        // The lock is held for counting references, and not for looking at each.
        let peers = self.lock().clone();
        peers.into_iter().flatten().map(|counters| counters.view()).collect()
    }

    /// One peer, if it is known.
    pub(crate) fn view(&self, peer: &Peer) -> Option<PeerView> {
        self.counters(peer).map(|counters| counters.view())
    }

    /// What is counted of one peer, if it is known.
    pub(crate) fn counters(&self, peer: &Peer) -> Option<Arc<PeerCounters>> {
        let peers = self.lock().clone();
        peers.into_iter().flatten().find(|counters| counters.peer() == peer)
    }

    /// Sets what is at a place.
    pub(crate) fn set(&self, place: usize, counters: Option<Arc<PeerCounters>>) {
        let mut peers = self.lock();
        if peers.len() <= place {
            peers.resize(place + 1, None);
        }
        if let Some(at) = peers.get_mut(place) {
            *at = counters;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Arc<PeerCounters>>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
