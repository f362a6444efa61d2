//! The clocks of all peers that are learned.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oscine_codec::{Message, MessageRef, TimeTag};

use crate::peer::Peer;
use crate::peers::learn::learner::Learner;
use crate::peers::learn::options::OffsetOptions;
use crate::peers::learn::peer_clock::PeerClock;
use crate::peers::learn::way::LearnOffset;
use crate::peers::view::PeerCounters;
use crate::time_offset::TimeOffset;

/// The clocks of all peers that are learned, for the loop and for handles. They are among the peers that a server
/// remembers, and no more.
#[derive(Debug, Default)]
pub(crate) struct Learners {
    /// Whether there are any. Written under the lock.
    any: AtomicBool,
    all: Mutex<All>,
}

#[derive(Debug, Default)]
struct All {
    known: HashMap<Peer, Known>,
    /// Invariant: those that have a turn, by when that is, as `Known::turn` has it.
    turns: BTreeSet<(u64, Peer)>,
    /// From when turns are counted, in steps; set with the first of them. Turns that come at once are 0.
    start: Option<TimeTag>,
    /// How many have a place.
    places: usize,
    /// Makes numbers that nobody can guess: hashes of a count with a random key.
    random: RandomState,
    asked: u64,
}

#[derive(Debug)]
struct Known {
    counters: Arc<PeerCounters>,
    learner: Learner,
    turn: Option<u64>,
}

impl Learners {
    /// Whether any peer's clock is learned. Takes no lock.
    #[inline]
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// Begins to learn the clock of a peer, or begins anew, or ends it; says whether there is such a peer. `find` finds
    /// it among those that are remembered.
    pub(crate) fn learn(
        &self,
        find: impl FnOnce() -> Option<Arc<PeerCounters>>,
        how: LearnOffset,
        options: Arc<OffsetOptions>,
    ) -> bool {
        // The lock comes first: whoever forgets the peer after it was found forgets this, too.
        let mut all = self.lock();
        let Some(counters) = find() else { return false };
        let peer = counters.peer().clone();
        all.remove(&peer);
        let learner = Learner::new(how, options);
        counters.set_learned(learner.is_some());
        if let Some(learner) = learner {
            all.known.insert(peer.clone(), Known { counters, learner, turn: None });
            all.change(&peer, |_| {});
        }
        self.any.store(!all.known.is_empty(), Ordering::Release);
        true
    }

    /// Forgets what is known of a peer's clock.
    pub(crate) fn forget(&self, peer: &Peer) {
        if self.any() {
            let mut all = self.lock();
            all.remove(peer);
            self.any.store(!all.known.is_empty(), Ordering::Release);
        }
    }

    /// What to add to a peer's time tags, if that is learned and known.
    pub(crate) fn offset(&self, peer: &Peer) -> Option<TimeOffset> {
        self.any().then(|| self.lock().known.get(peer)?.learner.offset()).flatten()
    }

    /// The same for a bundle with this time tag, which may tell something about the clock.
    pub(crate) fn bundle(
        &self,
        peer: &Peer,
        tag: TimeTag,
        received: TimeTag,
    ) -> Option<TimeOffset> {
        self.lock().change(peer, |known| {
            known.learner.bundle(tag, received);
            known.learner.offset()
        })?
    }

    /// A message has arrived: whether it was about the time, and for nobody else.
    pub(crate) fn hears(&self, peer: &Peer, message: &MessageRef<'_>, received: TimeTag) -> bool {
        let heard = self.lock().change(peer, |known| known.learner.hears(message, received));
        heard.unwrap_or(false)
    }

    /// The next question that is due, and for whom. It is as good as sent.
    pub(crate) fn next_question(&self, now: TimeTag) -> Option<(Peer, Message)> {
        let mut all = self.lock();
        let start = *all.start.get_or_insert(now);
        // Each has one turn in a call at the most, and none has two at one time.
        for _ in 0..all.turns.len() {
            let (turn, peer) = all.turns.first()?;
            if *turn > now.0.wrapping_sub(start.0).saturating_add(EARLY) {
                return None;
            }
            let peer = peer.clone();
            let room = all.places < MOST_ASKED;
            all.asked = all.asked.wrapping_add(1);
            let random = all.random.hash_one(all.asked).to_ne_bytes();
            let random = i64::from_ne_bytes(random);
            let question = all.change(&peer, |known| {
                let packets = known.counters.packets();
                let asks = known.learner.turn(now, packets, room, random);
                // An address that is too long to be sent is as one that nobody answers.
                asks.then(|| known.learner.options.question(random).ok()).flatten()
            });
            if let Some(question) = question.flatten() {
                return Some((peer, question));
            }
        }
        None
    }

    /// When a question is due.
    pub(crate) fn next_due(&self) -> Option<TimeTag> {
        let all = self.lock();
        let (turn, _) = all.turns.first()?;
        let start = all.start.filter(|_| *turn > 0).map(|start| start.0.wrapping_add(*turn));
        Some(start.map_or(TimeTag::IMMEDIATE, |bits| TimeTag(bits.max(2))))
    }

    /// What is known of a peer's clock, if it is learned.
    pub(crate) fn clock(&self, peer: &Peer) -> Option<PeerClock> {
        self.any().then(|| Some(self.lock().known.get(peer)?.learner.clock())).flatten()
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    /// Changes something about a peer, and follows.
    fn change<T>(&mut self, peer: &Peer, change: impl FnOnce(&mut Known) -> T) -> Option<T> {
        let known = self.known.get_mut(peer)?;
        let had_place = known.learner.has_place();
        let result = change(known);
        match (had_place, known.learner.has_place()) {
            (false, true) => self.places += 1,
            (true, false) => self.places = self.places.saturating_sub(1),
            _ => {}
        }
        let start = self.start;
        let turn = known.learner.next().map(|next| match start {
            Some(start) if !next.is_immediate() => next.0.wrapping_sub(start.0),
            _ => 0,
        });
        if turn != known.turn {
            let before = std::mem::replace(&mut known.turn, turn);
            if let Some(before) = before {
                self.turns.remove(&(before, peer.clone()));
            }
            self.turns.extend(turn.map(|turn| (turn, peer.clone())));
        }
        Some(result)
    }

    fn remove(&mut self, peer: &Peer) {
        let Some(known) = self.known.remove(peer) else { return };
        known.counters.set_learned(false);
        if known.learner.has_place() {
            self.places = self.places.saturating_sub(1);
        }
        if let Some(turn) = known.turn {
            self.turns.remove(&(turn, peer.clone()));
        }
    }
}

/// So much before its time a peer may have its turn, 1 ms in steps: as much as the timer wakes early for bundles.
const EARLY: u64 = (1 << 32) / 1000;

/// How many peers are asked at once. Those that do not answer are not among them while they rest.
pub(crate) const MOST_ASKED: usize = 256;
