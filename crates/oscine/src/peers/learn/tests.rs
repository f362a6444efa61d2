//! Peers with clocks of their own, on a network that takes its time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_codec::{Arg, Message, TimeTag, ToArgs};
use proptest::prelude::*;

use crate::peer::Peer;
use crate::peers::learn::form::{ClockForm, ClockUnit};
use crate::peers::learn::learners::{Learners, MOST_ASKED};
use crate::peers::learn::options::{Nonce, OffsetOptions};
use crate::peers::learn::peer_clock::PeerClock;
use crate::peers::learn::way::LearnOffset;
use crate::peers::view::PeerCounters;
use crate::time_offset::TimeOffset;

pub(crate) const START: TimeTag = TimeTag(0xed00_0000_0000_0000);
pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn numbered(number: u8) -> Peer {
    Peer::Udp { endpoint: 0, addr: SocketAddr::from(([10, 0, 0, number], 9000)) }
}

/// A server's side of it, and its time.
pub(crate) struct World {
    pub(crate) learners: Learners,
    pub(crate) now: TimeTag,
    /// One that sends all the time.
    sending: Option<Arc<PeerCounters>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { learners: Learners::default(), now: START, sending: None }
    }

    /// Begins to learn the clock of a peer.
    pub(crate) fn learn(
        &self,
        peer: &Peer,
        how: LearnOffset,
        options: OffsetOptions,
    ) -> Arc<PeerCounters> {
        let counters = Arc::new(PeerCounters::new(peer.clone(), Instant::now()));
        let found = Arc::clone(&counters);
        assert!(self.learners.learn(|| Some(found), how, Arc::new(options)));
        counters
    }

    /// Waits until somebody is asked: whom, and what.
    fn asks(&mut self) -> (Peer, Message) {
        for _ in 0..10_000 {
            if let Some(question) = self.learners.next_question(self.now) {
                return question;
            }
            let due = self.learners.next_due().unwrap();
            assert!(due.is_after(self.now), "{due} {}", self.now);
            self.now = due;
            self.sending.iter().for_each(|peer| peer.packet(Instant::now(), 8));
        }
        panic!("nobody is asked");
    }

    pub(crate) fn hears(&self, peer: &Peer, address: &str, args: impl ToArgs) -> bool {
        let message = Message::new(address, args).unwrap();
        self.learners.hears(peer, &message.view(), self.now)
    }

    pub(crate) fn clock(&self, peer: &Peer) -> PeerClock {
        self.learners.clock(peer).unwrap()
    }
}

fn nonce(question: &Message) -> i64 {
    match question.args().next() {
        Some(Arg::Long(nonce)) => nonce,
        other => panic!("{other:?}"),
    }
}

fn apart(left: TimeOffset, right: TimeOffset) -> Duration {
    TimeOffset::from_steps(left.steps_past(right)).abs()
}

const ANSWER: &str = "/oscine/clock/answer";

pub(crate) fn micros(most: u64) -> impl Strategy<Value = Duration> {
    (0..most).prop_map(Duration::from_micros)
}

proptest! {
    /// Whatever the network does, and though some answers are lost: what is applied is wrong by half of the round trip
    /// at the most, and by what the clocks drift apart.
    #[test]
    fn what_is_applied_is_never_more_wrong_than_it_says(
        boot in prop_oneof![Just(0_u64), any::<u64>()],
        drift in -50_i64..=50,
        rounds in prop::collection::vec((micros(400_000), micros(400_000), prop::bool::weighted(0.8)), 1..40),
    ) {
        let mut world = World::new();
        let peer = numbered(1);
        // Who sends is asked, however many answers are lost.
        world.sending = Some(world.learn(&peer, LearnOffset::Asking, OffsetOptions::new()));
        let reads = |now: TimeTag| {
            let passed = now.steps_since(START);
            let passed = passed - passed / 1_000_000 * drift;
            TimeTag(boot.wrapping_add(1 << 20).wrapping_add(passed.unsigned_abs()))
        };
        for (there, back, arrives) in rounds {
            let (asked, question) = world.asks();
            prop_assert_eq!(&asked, &peer);
            let tag = reads(world.now + there);
            if !arrives || tag.0 < 3 {
                continue;
            }
            world.now = world.now + there + back;
            prop_assert!(world.hears(&peer, ANSWER, (nonce(&question), tag)));
            let clock = world.clock(&peer);
            let offset = clock.offset.unwrap();
            prop_assert_eq!(world.learners.offset(&peer), Some(offset));
            let right = TimeOffset::between(reads(world.now), world.now);
            // What is a millionth is rounded, and a microsecond more than that.
            let error = clock.error.unwrap() + Duration::from_micros(1);
            prop_assert!(apart(offset, right) <= error, "{offset} {right} {error:?}");
            prop_assert!(clock.error.unwrap() <= (there + back) / 2 + Duration::from_micros(50));
        }
    }
}

#[test]
fn only_the_peer_and_only_the_last_question_is_answered() {
    let mut world = World::new();
    let (peer, other) = (numbered(1), numbered(2));
    world.learn(&peer, LearnOffset::Asking, OffsetOptions::new());
    let (_, question) = world.asks();
    assert_eq!(question.address(), "/oscine/clock");
    let number = nonce(&question);
    world.now = world.now + MS;
    let theirs = TimeTag(90 << 32);
    // Forged, by others or by guessing; about something else; or none.
    assert!(!world.hears(&other, ANSWER, (number, theirs)));
    assert!(!world.hears(&peer, ANSWER, (number ^ 1, theirs)));
    assert!(!world.hears(&peer, ANSWER, theirs));
    assert!(!world.hears(&peer, ANSWER, ()));
    assert!(!world.hears(&peer, "/oscine/clock/*", (number, theirs)));
    assert!(!world.hears(&peer, "/oscine/other", (number, theirs)));
    assert_eq!(world.clock(&peer).offset, None);
    assert!(world.hears(&peer, ANSWER, (number, theirs)));
    let clock = world.clock(&peer);
    assert_eq!((clock.samples, clock.refused, clock.unanswered), (1, 0, 0));
    assert!(apart(clock.offset.unwrap(), TimeOffset::between(theirs, START)) < MS);
    // It was answered.
    assert!(!world.hears(&peer, ANSWER, (number, theirs)));
    // Numbers do not come again.
    let (_, next) = world.asks();
    assert_ne!(nonce(&next), number);
}

#[test]
fn nonsense_is_refused_counted_and_asked_again() {
    let mut world = World::new();
    let peer = numbered(1);
    world.learn(&peer, LearnOffset::Asking, OffsetOptions::new());
    for round in 0..5 {
        let number = nonce(&world.asks().1);
        let answered = match round {
            0 => world.hears(&peer, ANSWER, (number, "noon")),
            1 => world.hears(&peer, ANSWER, (number, TimeTag(0))),
            2 => world.hears(&peer, ANSWER, (number, TimeTag::IMMEDIATE)),
            3 => world.hears(&peer, ANSWER, (number, 12.0)),
            _ => world.hears(&peer, ANSWER, number),
        };
        assert!(answered);
    }
    let clock = world.clock(&peer);
    assert_eq!((clock.samples, clock.refused, clock.offset), (0, 5, None));
    // A clock that is elsewhere each time is believed once, and then never.
    for round in 0..50 {
        let number = nonce(&world.asks().1);
        world.hears(&peer, ANSWER, (number, TimeTag(START.0 / 50 * (round * 7 % 50 + 1))));
    }
    let clock = world.clock(&peer);
    assert_eq!((clock.samples, clock.refused), (1, 54));
}

#[test]
fn clocks_that_are_set_are_followed_in_both_directions() {
    for step in [3600 * SECOND, 200 * MS] {
        for direction in [TimeOffset::ahead, TimeOffset::behind] {
            let mut world = World::new();
            let peer = numbered(1);
            world.learn(&peer, LearnOffset::Asking, OffsetOptions::new());
            for round in 0..20 {
                let number = nonce(&world.asks().1);
                let step = if round < 10 { TimeOffset::ZERO } else { direction(step) };
                world.now = world.now + MS;
                assert!(world.hears(&peer, ANSWER, (number, step.incoming(world.now))));
                let off = apart(world.clock(&peer).offset.unwrap(), -step);
                assert_eq!(off > MS, (10..12).contains(&round), "{round}: {off:?}");
            }
            assert_eq!((world.clock(&peer).samples, world.clock(&peer).refused), (18, 2));
        }
    }
}

#[test]
fn the_silent_are_given_up_and_asked_again_when_they_have_sent_something() {
    let mut world = World::new();
    let peer = numbered(1);
    let counters = world.learn(&peer, LearnOffset::Asking, OffsetOptions::new());
    let mut asked = Vec::new();
    for _ in 0..4 {
        world.asks();
        asked.push(world.now.since(START).as_secs());
    }
    assert_eq!(asked, [0, 1, 2, 3]);
    // Nothing comes from it: so it is not asked, for hours.
    for _ in 0..200 {
        world.now = world.learners.next_due().unwrap();
        assert!(world.learners.next_question(world.now).is_none());
    }
    assert_eq!(world.clock(&peer).unanswered, 4);
    assert!(world.now.since(START) > 190 * SECOND);
    // Then it does, and is asked once each time, ever more seldom.
    let mut pauses = Vec::new();
    let mut last = world.now;
    world.sending = Some(counters);
    for _ in 0..9 {
        world.asks();
        pauses.push(world.now.since(last).as_secs());
        last = world.now;
    }
    assert_eq!(pauses[1..], [3, 5, 9, 17, 33, 61, 61, 61], "{pauses:?}");
    // At last it answers, and is asked as before.
    let number = nonce(&world.asks().1);
    assert!(world.hears(&peer, ANSWER, (number, START)));
    last = world.now;
    world.asks();
    assert_eq!(world.now.since(last), 100 * MS);
}

#[test]
fn questions_come_quickly_first_and_then_at_the_interval() {
    let mut world = World::new();
    let peer = numbered(1);
    let options = OffsetOptions::new().interval(5 * SECOND).timeout(Duration::MAX);
    world.learn(&peer, LearnOffset::Asking, options);
    let mut times = Vec::new();
    for _ in 0..11 {
        let number = nonce(&world.asks().1);
        times.push(world.now.since(START).as_millis());
        world.now = world.now + 3 * MS;
        assert!(world.hears(&peer, ANSWER, (number, START)));
    }
    assert_eq!(times, [0, 100, 200, 300, 400, 500, 600, 700, 5700, 10_700, 15_700]);
}

#[test]
fn so_many_are_asked_at_once_and_the_others_when_there_is_room() {
    let numbers = 0..u64::try_from(MOST_ASKED).unwrap() + 40;
    let peers: Vec<_> =
        numbers.map(|connection| Peer::Stream { endpoint: 0, connection }).collect();
    let mut world = World::new();
    for peer in &peers {
        world.learn(peer, LearnOffset::Asking, OffsetOptions::new());
    }
    let mut asked = Vec::new();
    while let Some((peer, _)) = world.learners.next_question(world.now) {
        asked.push(peer);
    }
    assert_eq!(asked.len(), MOST_ASKED);
    // Those who are silent make room, and so do those who are forgotten.
    world.learners.forget(&asked[0]);
    assert_eq!(world.learners.clock(&asked[0]), None);
    world.now = world.now + 1500 * MS;
    let mut more = 0;
    while let Some((peer, _)) = world.learners.next_question(world.now) {
        more += usize::from(!asked.contains(&peer));
    }
    assert_eq!(more, 1);
    for _ in 0..5 {
        world.now = world.now + 1500 * MS;
        while let Some((peer, _)) = world.learners.next_question(world.now) {
            asked.push(peer);
        }
    }
    assert!(peers.iter().all(|peer| asked.contains(peer)));
    assert!(world.learners.any());
    for peer in &peers {
        world.learners.forget(peer);
    }
    assert!(!world.learners.any() && world.learners.next_due().is_none());
}

#[test]
fn other_peers_other_questions() {
    let mut world = World::new();
    let (first, second) = (numbered(1), numbered(2));
    let millis = ClockForm::Zero(ClockUnit::Millis);
    let options = OffsetOptions::new().ask("/time", "/{time,uptime}/is").unwrap();
    world.learn(&first, LearnOffset::Asking, options.clone().nonce(Nonce::None).form(millis));
    let (_, question) = world.asks();
    assert_eq!(question.to_string(), "/time ,");
    assert!(!world.hears(&first, "/{time,uptime}/is", 5000));
    assert!(world.hears(&first, "/uptime/is", 5000));
    assert_eq!(world.clock(&first).offset, Some(TimeOffset::between(TimeTag(5 << 32), START)));
    world.learn(&second, LearnOffset::Asking, options.nonce(Nonce::Int).clock_arg(2));
    let (_, question) = world.asks();
    let Some(Arg::Int(number)) = question.args().next() else { panic!("{question}") };
    assert!(world.hears(&second, "/time/is", (number, "at", TimeTag(7 << 32))));
    assert_eq!(world.clock(&second).offset, Some(TimeOffset::between(TimeTag(7 << 32), START)));
    assert!(OffsetOptions::new().ask("/a/*", "/b").is_err());
    assert!(OffsetOptions::new().ask("/a", "b").is_err());
    assert!(OffsetOptions::new().beacon("/[").is_err());
}

#[test]
fn what_is_forgotten_or_never_was_is_not_known() {
    let world = World::new();
    let peer = numbered(1);
    let nothing = Arc::new(OffsetOptions::new());
    assert!(!world.learners.learn(|| None, LearnOffset::Beacon, nothing));
    let counters = world.learn(&peer, LearnOffset::Beacon, OffsetOptions::new());
    assert!(counters.learned() && world.learners.any());
    assert!(world.hears(&peer, "/clock", START));
    assert_eq!(world.learners.offset(&peer), Some(TimeOffset::ZERO));
    // Anew.
    let found = Arc::clone(&counters);
    world.learners.learn(|| Some(found), LearnOffset::Bundles, Arc::default());
    assert_eq!((world.learners.offset(&peer), counters.learned()), (None, true));
    let found = Arc::clone(&counters);
    world.learners.learn(|| Some(found), LearnOffset::No, Arc::default());
    assert!(!counters.learned() && !world.learners.any());
    assert_eq!(world.learners.clock(&peer), None);
}
