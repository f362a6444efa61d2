//! A hundred thousand random bundles, against a plain account of what is to run when.

use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use oscine_codec::{Bundle, Message, Packet, TimeTag};

use crate::engine::due::DueMessage;
use crate::engine::engine::Engine;
use crate::engine::timing::{LatePolicy, TimePolicy, Timing};
use crate::schedule::limits::ScheduleLimits;
use crate::time_offset::TimeOffset;

const BUNDLES: usize = 100_000;
/// Ten minutes of packets, in the middle of which the seconds wrap.
const START: i128 = (1 << 64) - (300 << 32);
const LENGTH: u64 = 600 << 32;
/// When what has no time is due.
const NEVER: i128 = i128::MIN;
const DROP_AFTER: u64 = 2 << 32;

/// Numbers that look random (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// What is to run: when, at which turn of that time, and which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    at: i128,
    /// What waited comes before what arrives.
    arrives: bool,
    /// Of what waits: in order of packets, and of bundles within them.
    packet: usize,
    unit: usize,
    message: i32,
}

/// Makes packets and the account of what is to run.
struct Score {
    random: Random,
    bundles: usize,
    messages: i32,
    dropped: usize,
    account: Vec<Run>,
}

/// A packet on its way.
struct Arrival {
    at: i128,
    packet: Packet,
    timing: Timing,
}

/// How messages of a bundle run.
#[derive(Clone, Copy)]
struct Around {
    /// When it is due by the engine's time, never before what is around it.
    due: i128,
    /// Which bundle of its packet it runs with, by number.
    unit: usize,
}

impl Score {
    fn packet(&mut self, index: usize) -> Arrival {
        let at = START + i128::from(self.random.below(LENGTH));
        let random = &mut self.random;
        let offset = match random.below(4) {
            0 => i128::from(random.below(90 << 32)),
            1 => -i128::from(random.below(90 << 32)),
            _ => 0,
        };
        let drops = random.one_in(10);
        let policy = match random.below(30) {
            0 => TimePolicy::Ignore,
            1 => TimePolicy::HandOver,
            _ => TimePolicy::Honour,
        };
        let late = if drops {
            LatePolicy::DropAfter(Duration::from_secs(DROP_AFTER >> 32))
        } else {
            LatePolicy::Deliver
        };
        let offset_steps = i64::try_from(offset).unwrap();
        let timing =
            Timing::new().time(policy).late(late).offset(TimeOffset::from_steps(offset_steps));
        let (due, tag) = self.time(at, offset);
        let honours = policy == TimePolicy::Honour;
        // Zero is a time, and long past.
        let is_past = tag.0 == 0 || due != NEVER && at - due > i128::from(DROP_AFTER);
        let is_late = honours && drops && is_past;
        let from = self.account.len();
        let around = Around { due, unit: 0 };
        let packet = self.bundle(at, offset, tag, around, index, &mut 0, 0).into();
        if is_late {
            self.dropped += self.account.len() - from;
            self.account.truncate(from);
        }
        if !honours {
            for run in self.account.iter_mut().skip(from) {
                *run = Run { at, arrives: true, packet: index, unit: 0, message: run.message };
            }
        }
        Arrival { at, packet, timing }
    }

    /// A time by the engine's clock, and as its sender writes it.
    fn time(&mut self, now: i128, offset: i128) -> (i128, TimeTag) {
        let random = &mut self.random;
        let due = match random.below(10) {
            0 => return (NEVER, TimeTag(random.below(2))),
            1 => now - i128::from(random.below(8 << 32)),
            // Many that are equal, by packet and among packets; not at the very wrap, where the time tag is zero.
            2..6 => (((now >> 32) + 1 + i128::from(random.below(4))) << 32) + (1 << 31),
            6 => now,
            _ => now + i128::from(random.below(20 << 32)),
        };
        let tag = TimeTag(u64::try_from((due - offset).rem_euclid(1 << 64)).unwrap());
        assert!(tag.0 > 1, "the seed has to be another");
        (due, tag)
    }

    #[expect(clippy::too_many_arguments, reason = "it calls itself")]
    fn bundle(
        &mut self,
        now: i128,
        offset: i128,
        tag: TimeTag,
        around: Around,
        packet: usize,
        units: &mut usize,
        depth: usize,
    ) -> Bundle {
        self.bundles += 1;
        let mut builder = Bundle::builder(tag);
        for _ in 0..self.random.below(4) {
            if depth < 4 && self.random.one_in(2) {
                *units += 1;
                let unit = *units;
                let (due, tag) = self.time(now, offset);
                let inner = if due > around.due { Around { due, unit } } else { around };
                builder =
                    builder.element(self.bundle(now, offset, tag, inner, packet, units, depth + 1));
            } else {
                self.messages += 1;
                let message = self.messages;
                builder = builder.element(Message::new("/m", message).unwrap());
                let arrives = around.due <= now;
                let (at, unit) = if arrives { (now, 0) } else { (around.due, around.unit) };
                self.account.push(Run { at, arrives, packet, unit, message });
            }
        }
        builder.build().unwrap()
    }
}

#[test]
fn random_bundles_run_on_time_in_order_and_whole() {
    let mut score =
        Score { random: Random(7), bundles: 0, messages: 0, dropped: 0, account: Vec::new() };
    let mut arrivals = Vec::new();
    while score.bundles < BUNDLES {
        arrivals.push(score.packet(arrivals.len()));
    }
    // Packets keep their numbers; the account tells those that arrive at one time, if any, apart by them.
    let mut order: Vec<_> = (0..arrivals.len()).collect();
    order.sort_by_key(|&index| (arrivals[index].at, index));
    let mut arrived = vec![0; arrivals.len()];
    for (place, &index) in order.iter().enumerate() {
        arrived[index] = place;
    }
    let mut expected: Vec<_> =
        score.account.iter().map(|run| Run { packet: arrived[run.packet], ..*run }).collect();
    expected.sort_unstable();

    let tag = |time: i128| TimeTag(u64::try_from(time.rem_euclid(1 << 64)).unwrap());
    let mut engine = Engine::new(ScheduleLimits::new().owner_count(usize::MAX));
    let mut ran = Vec::new();
    let (mut units, mut late) = (0, 0);
    let note = |now: i128, ran: &mut Vec<(i128, i32)>, due: DueMessage<'_>, handed_over: bool| {
        assert!(handed_over || !due.due.is_after(tag(now)), "early");
        ran.push((now, due.message.args().parse::<(i32,)>().unwrap().0));
    };
    let mut now = START;
    let mut coming = order.iter().map(|&index| &arrivals[index]).peekable();
    loop {
        // Deadlines are given as time tags; the one meant is the one that comes next.
        let deadline =
            engine.next_timeout().map(|due| now + i128::from(due.0.wrapping_sub(tag(now).0)));
        let arrival = coming.peek().map(|arrival| arrival.at);
        let Some(next) = deadline.into_iter().chain(arrival).min() else { break };
        now = next;
        while let Some(unit) = engine.handle_timeout(tag(now)) {
            assert_eq!(unit.due, tag(now), "the harness steps to each deadline");
            unit.messages().for_each(|due| note(now, &mut ran, due, false));
            units += 1;
        }
        while let Some(Arrival { packet, timing, .. }) = coming.next_if(|arrival| arrival.at == now)
        {
            let handled =
                engine.handle_packet(tag(now), packet.view(), &(), Instant::now(), *timing);
            assert_eq!(handled.refused, None);
            late += usize::from(handled.late > 0);
            let handed_over = timing.time == TimePolicy::HandOver;
            handled.due_now(packet.view()).for_each(|due| note(now, &mut ran, due, handed_over));
        }
    }
    let expected: Vec<_> = expected.iter().map(|run| (run.at, run.message)).collect();
    assert_eq!(ran.len() + score.dropped, usize::try_from(score.messages).unwrap());
    // Not `assert_eq`, which would print all of both.
    let differ = ran.iter().zip(&expected).position(|(ran, expected)| ran != expected);
    assert_eq!(differ, None, "of {} messages", ran.len());
    assert_eq!(ran.len(), expected.len());
    assert!(engine.schedule().is_empty());
    assert!(units > BUNDLES / 4 && late > 100, "{units} units, {late} late packets: too easy");
    let (packets, bundles, messages) = (arrivals.len(), score.bundles, score.messages);
    writeln!(
        stdout(),
        "{packets} packets of {bundles} bundles with {messages} messages: {units} units waited, {} messages dropped late",
        score.dropped
    )
    .unwrap();
}
