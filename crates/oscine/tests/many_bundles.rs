//! A hundred thousand bundles through a real server: none early, in order, and each in one piece.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use common::timed::{HOUR, now};
use common::wire::{Random, packet, raw_udp};
use common::{LOOPBACK, Running};
use futures::future::join_all;
use oscine::{
    AddressSpace, Bundle, BundleTime, Clock, Message, Packet, ScheduleLimits, Server, TimeTag,
};
use tokio::task::yield_now;

/// The number of messages that are sent in between.
const INTRUDER: i32 = -1;
/// A message of this number is a mark, and belongs to no bundle.
const MARK: i32 = -2;

/// What ran, in order: each message twice, at its begin and at its end.
type Ran = Arc<Mutex<Vec<i32>>>;

/// `/sync` and `/wait` note their number when they begin and when they end; `/wait` is async, and gives way in between.
fn noting_space(
    early: &Arc<AtomicU64>,
    now: impl Fn() -> TimeTag + Send + Sync + 'static,
) -> (AddressSpace, Ran) {
    let space = AddressSpace::new();
    let ran = Ran::default();
    let now = Arc::new(now);
    let note = {
        let (ran, early) = (Arc::clone(&ran), Arc::clone(early));
        move |number: i32, at: TimeTag| {
            early.fetch_add(u64::from(!at.is_immediate() && at.is_after(now())), Ordering::Relaxed);
            ran.lock().unwrap().push(number);
        }
    };
    let sync = note.clone();
    let run = move |number: i32, at: BundleTime| {
        sync(number, at.0);
        sync(number, at.0);
    };
    space.method("/sync", run).unwrap();
    let run = move |number: i32, at: BundleTime| {
        let note = note.clone();
        async move {
            note(number, at.0);
            yield_now().await;
            yield_now().await;
            note(number, at.0);
        }
    };
    space.method("/wait", run).unwrap();
    (space, ran)
}

/// Where a message belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    due: TimeTag,
    packet: usize,
    number: usize,
}

/// Makes bundles with tags of every kind, and remembers where each message belongs.
struct Score {
    random: Random,
    bundles: usize,
    packets: usize,
    /// By the number of the message.
    units: Vec<Unit>,
}

impl Score {
    fn new(seed: u64) -> Self {
        Self { random: Random(seed), bundles: 0, packets: 0, units: Vec::new() }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.random.next() % limit
    }

    /// The past, at once, many that are equal, and up to 2 s ahead.
    fn tag(&mut self, now: TimeTag) -> TimeTag {
        match self.below(10) {
            0 => TimeTag::IMMEDIATE,
            1 => now - Duration::from_micros(self.below(5_000_000)),
            2 => now,
            // The 16th part of a second.
            3..6 => TimeTag(((now.0 >> 28) + 1 + self.below(32)) << 28),
            _ => now + Duration::from_micros(self.below(2_000_000)),
        }
    }

    /// A bundle, and the number of its first message.
    fn packet(&mut self, now: TimeTag) -> (Bundle, usize) {
        let first = self.units.len();
        let due = self.tag(now);
        let unit = Unit { due, packet: self.packets, number: 0 };
        let bundle = self.bundle(now, due, unit, &mut 0, 0);
        self.packets += 1;
        (bundle, first)
    }

    fn bundle(
        &mut self,
        now: TimeTag,
        tag: TimeTag,
        unit: Unit,
        units: &mut usize,
        depth: usize,
    ) -> Bundle {
        self.bundles += 1;
        let mut builder = Bundle::builder(tag);
        for _ in 0..1 + self.below(3) {
            if depth < 3 && self.below(4) == 0 {
                *units += 1;
                let own = self.tag(now);
                // A nested bundle runs never before what is around it, and with it if it is due no later.
                let due = effective(own, unit.due);
                let unit =
                    if due == unit.due { unit } else { Unit { due, number: *units, ..unit } };
                builder = builder.element(self.bundle(now, own, unit, units, depth + 1));
            } else {
                builder = builder.element(self.message());
                self.units.push(unit);
            }
        }
        builder.build().unwrap()
    }

    fn message(&mut self) -> Message {
        let number = i32::try_from(self.units.len()).unwrap();
        let address = if self.below(2) == 0 { "/sync" } else { "/wait" };
        Message::new(address, number).unwrap()
    }
}

/// When a bundle runs that has this tag, in one that runs then.
fn effective(own: TimeTag, around: TimeTag) -> TimeTag {
    if own.is_immediate() || !around.is_immediate() && around.is_after(own) { around } else { own }
}

fn is_due(unit: Unit, now: TimeTag) -> bool {
    unit.due.is_immediate() || !unit.due.is_after(now)
}

/// A plain account of what is to run: bundles that wait, and messages that have run.
#[derive(Default)]
struct Account {
    waiting: BTreeMap<Unit, Vec<i32>>,
    expected: Vec<i32>,
    /// Whether the message before belongs to the same piece.
    joined: Vec<bool>,
    waited: usize,
}

impl Account {
    fn arrives(&mut self, now: TimeTag, first: usize, units: &[Unit]) {
        self.run_until(now);
        let mut joined = false;
        for (number, &unit) in (first..).zip(&units[first..]) {
            let number = i32::try_from(number).unwrap();
            if is_due(unit, now) {
                self.expected.push(number);
                self.joined.push(joined);
                joined = true;
            } else {
                self.waiting.entry(unit).or_default().push(number);
            }
        }
    }

    fn run_until(&mut self, now: TimeTag) {
        while let Some(first) = self.waiting.first_entry().filter(|first| is_due(*first.key(), now))
        {
            let messages = first.remove();
            self.joined.extend((0..messages.len()).map(|place| place > 0));
            self.expected.extend(messages);
            self.waited += 1;
        }
    }
}

/// The messages that ran, without those in between; each has run from its begin to its end.
fn whole(ran: &[i32]) -> Vec<i32> {
    ran.chunks(2)
        .map(|pair| {
            assert_eq!(pair[0], pair[1], "something ran while a message did");
            pair[0]
        })
        .collect()
}

/// Sends messages to the server all the while.
struct Intruder {
    over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<u64>,
}

impl Intruder {
    async fn start(server: &Running) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (socket, addr) = (raw_udp().await, server.udp());
        let ended = Arc::clone(&over);
        let task = tokio::spawn(async move {
            let intruder = packet("/wait", INTRUDER);
            let mut sent = 0;
            while !ended.load(Ordering::Relaxed) {
                socket.send_to(intruder.as_bytes(), addr).await.unwrap();
                sent += 1;
                match sent % 16 {
                    // No more than the server takes beside the bundles.
                    0 => tokio::time::sleep(Duration::from_millis(1)).await,
                    _ => yield_now().await,
                }
            }
            sent
        });
        Self { over, task }
    }

    async fn end(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

const MANY: usize = 100_000;
/// As many as a build that is not optimised runs in some seconds.
const SOME: usize = 15_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_a_simulated_clock_bundles_run_exactly_as_a_plain_account_says() {
    simulated(SOME).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes longer than ten seconds where it is not optimised"]
async fn by_a_simulated_clock_a_hundred_thousand_run_as_a_plain_account_says() {
    simulated(MANY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_the_real_clock_none_is_early_or_overtaken_or_taken_apart() {
    real(SOME).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes longer than ten seconds where it is not optimised"]
async fn by_the_real_clock_of_a_hundred_thousand_none_is_early_or_overtaken_or_taken_apart() {
    real(MANY).await;
}

/// Hands bundles to a server by a simulated clock, and compares what runs with a plain account.
async fn simulated(bundles: usize) {
    let early = Arc::new(AtomicU64::new(0));
    let (clock, hand) = Clock::simulated(TimeTag::from_unix(1_600_000_000, 0));
    let line = clock.clone();
    let (space, ran) = noting_space(&early, move || line.now());
    let limits =
        ScheduleLimits::new().count(1_000_000).owner_count(1_000_000).host_count(1_000_000);
    let builder = Server::builder().udp(LOOPBACK).address_space(space).clock(clock);
    let server = Running::bind(builder.schedule_limits(limits)).await;
    let intruder = Intruder::start(&server).await;

    let (mut score, mut account) = (Score::new(11), Account::default());
    while score.bundles < bundles {
        // Several that wait to be run at the same time are run in the order in which they were handed over.
        let mut together = Vec::new();
        for _ in 0..=score.below(8) {
            let (bundle, first) = score.packet(hand.now());
            account.arrives(hand.now(), first, &score.units);
            together.push(server.handle.dispatch(bundle));
        }
        for dispatched in join_all(together).await {
            dispatched.unwrap();
        }
        hand.advance(Duration::from_micros(score.below(600)));
    }
    hand.advance(Duration::from_secs(3));
    account.run_until(hand.now());
    // What is due runs before what arrives.
    server.handle.dispatch(("/sync", MARK)).await.unwrap();
    let sent = intruder.end().await;
    let stats = server.stop().await;

    assert_eq!(early.load(Ordering::Relaxed), 0, "messages ran early");
    assert_eq!((stats.schedule_refused, stats.dropped_late, stats.pending), (0, 0, 0));
    assert_eq!(stats.scheduled, stats.released);
    let ran = whole(&ran.lock().unwrap());
    // Where each message is among all, the intruders among them.
    let places: Vec<_> = (0..).zip(&ran).filter(|&(_, &number)| number >= 0).collect();
    let differ =
        places.iter().zip(&account.expected).position(|((_, ran), expected)| *ran != expected);
    assert_eq!(differ, None, "of {} messages", places.len());
    assert_eq!(places.len(), account.expected.len());
    assert_eq!(places.len(), score.units.len());
    for (pair, joined) in places.windows(2).zip(&account.joined[1..]) {
        assert!(!joined || pair[1].0 == pair[0].0 + 1, "something ran within a bundle: {pair:?}");
    }
    let between = ran.iter().filter(|number| **number == INTRUDER).count();
    assert!(
        account.waited > bundles / 5 && between > 10,
        "{} waited, {between} between",
        account.waited
    );
    let _ = writeln!(
        stdout(),
        "{} packets of {} bundles, {} of which waited, with {} messages, and {between} of {sent} in between",
        score.packets,
        score.bundles,
        account.waited,
        score.units.len()
    );
}

/// Sends packets to a server over UDP, no faster than it takes them.
async fn send(server: &Running, packets: impl Iterator<Item = Packet>) -> u64 {
    let (socket, addr) = (raw_udp().await, server.udp());
    let before = server.handle.stats().received;
    let mut sent = 0;
    for packet in packets {
        socket.send_to(packet.as_bytes(), addr).await.unwrap();
        sent += 1;
        while sent % 128 == 0 && server.handle.stats().received < before + sent {
            yield_now().await;
        }
    }
    while server.handle.stats().received < before + sent {
        yield_now().await;
    }
    sent
}

/// Waits until nothing waits any more.
async fn all_run(server: &Running) {
    let limit = Instant::now() + Duration::from_secs(60);
    while server.handle.stats().pending > 0 {
        assert!(Instant::now() < limit, "bundles still wait");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    server.handle.dispatch(("/sync", MARK)).await.unwrap();
}

/// A server by the real clock.
async fn real_server(early: &Arc<AtomicU64>) -> (Running, Ran) {
    let (space, ran) = noting_space(early, || SystemTime::now().into());
    let limits =
        ScheduleLimits::new().count(1_000_000).owner_count(1_000_000).host_count(1_000_000);
    let builder = Server::builder().udp(LOOPBACK).address_space(space);
    (Running::bind(builder.schedule_limits(limits)).await, ran)
}

/// Sends bundles to a server by the real clock.
async fn real(bundles: usize) {
    let early = Arc::new(AtomicU64::new(0));
    let (server, ran) = real_server(&early).await;
    let mut score = Score::new(12);
    let packets = std::iter::from_fn(|| {
        let more = score.bundles < bundles;
        more.then(|| Packet::from(score.packet(now()).0))
    });
    let sent = send(&server, packets).await;
    all_run(&server).await;
    let stats = server.stop().await;
    assert_eq!(early.load(Ordering::Relaxed), 0, "messages ran early");
    assert_eq!((stats.received, stats.bad, stats.schedule_refused), (sent, 0, 0));
    assert_eq!(stats.scheduled, stats.released);
    assert!(stats.released > 1000, "only {} waited", stats.released);

    let mut ran = whole(&ran.lock().unwrap());
    ran.retain(|number| *number != MARK);
    let order: Vec<Unit> = ran.iter().map(|&n| score.units[usize::try_from(n).unwrap()]).collect();
    assert_eq!(order.len(), score.units.len());
    check_pieces(&ran, &order);
    check_overtaken(order);
    let _ = writeln!(
        stdout(),
        "{sent} packets, {} bundles waited, {:?}",
        stats.released,
        stats.lateness
    );
}

/// Each message of a unit follows on the one before, but for others of the same packet.
fn check_pieces(ran: &[i32], order: &[Unit]) {
    let mut last = BTreeMap::new();
    for (place, (number, unit)) in ran.iter().zip(order).enumerate() {
        if let Some((before, from)) = last.insert(*unit, (number, place)) {
            assert!(before < number, "messages of one bundle in disorder");
            let between = &order[from..place];
            assert!(between.iter().all(|it| it.packet == unit.packet), "something in between");
        }
    }
}

/// What was sent first and is due no later runs first.
fn check_overtaken(order: Vec<Unit>) {
    let mut units: Vec<(Unit, usize)> = order.into_iter().zip(0..).collect();
    // The earliest that is due of what has not run yet: looked at from the end.
    let times: BTreeMap<u64, usize> = units.iter().map(|(unit, _)| (unit.due.0, 0)).collect();
    let ranks: BTreeMap<u64, usize> = times.keys().copied().zip(0..).collect();
    units.sort_by_key(|(unit, place)| (unit.packet, *place));
    // The last place of all units before that are due no later: the greatest of a prefix, in a Fenwick tree.
    let mut tree = vec![0; ranks.len() + 1];
    for packet in units.chunk_by(|a, b| a.0.packet == b.0.packet) {
        for (unit, place) in packet {
            let mut rank = ranks[&unit.due.0] + 1;
            while rank > 0 {
                assert!(tree[rank] <= *place, "{unit:?} has overtaken one sent before it");
                rank &= rank - 1;
            }
        }
        for (unit, place) in packet {
            let mut rank = ranks[&unit.due.0] + 1;
            while let Some(last) = tree.get_mut(rank) {
                *last = (*last).max(*place);
                rank += rank & rank.wrapping_neg();
            }
        }
    }
}

#[tokio::test]
async fn equal_tags_keep_their_order_at_whichever_moment_they_become_due() {
    // Each look at this clock is a microsecond later than the one before. It is an hour ahead of the system's timer,
    // which so never wakes the server: it is what arrives that does.
    let looks = Arc::new(AtomicU64::new(0));
    let start = Instant::now() + HOUR;
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    let seen = Arc::clone(&looks);
    let wall = move || wall + Duration::from_micros(seen.load(Ordering::Relaxed));
    let monotonic = move || start + Duration::from_micros(looks.fetch_add(1, Ordering::Relaxed));
    let clock = Clock::with_sources(wall, monotonic);
    let early = Arc::new(AtomicU64::new(0));
    let (space, ran) = noting_space(&early, || TimeTag(u64::MAX / 2));
    let builder = Server::builder().udp(LOOPBACK).address_space(space).clock(clock.clone());
    let server = Running::bind(builder).await;
    let mut number = 0;
    for ahead in 0..100 {
        let at = clock.now() + Duration::from_micros(ahead);
        for _ in 0..4 {
            let message = Message::new("/sync", number).unwrap();
            server.handle.dispatch(Bundle::new(at, [message]).unwrap()).await.unwrap();
            number += 1;
        }
        while server.handle.stats().pending > 0 {
            server.handle.dispatch(("/sync", MARK)).await.unwrap();
        }
    }
    let stats = server.stop().await;
    assert!(stats.released > 100 && stats.released < 800, "{} waited", stats.released);
    let mut ran = whole(&ran.lock().unwrap());
    ran.retain(|number| *number != MARK);
    assert_eq!(ran, (0..number).collect::<Vec<_>>());
}
