//! What holds for any clocks and any network: simulated ones.

use std::time::Duration;

use oscine_codec::TimeTag;
use proptest::prelude::*;

use crate::clock::estimator::{BadSample, OffsetEstimator};
use crate::time_offset::TimeOffset;

/// What rounding may add up to: a few nanoseconds.
const ROUNDING: Duration = Duration::from_nanos(10);

/// A peer whose clock is off and drifts, told in the time of this side.
#[derive(Debug, Clone, Copy)]
struct Peer {
    start: TimeTag,
    /// What to add to its time at the start.
    offset: TimeOffset,
    /// By how much this side is faster: millionths.
    drift: i64,
}

impl Peer {
    /// What to add to its time tags at this moment.
    fn offset(self, now: TimeTag) -> TimeOffset {
        let gained = i128::from(now.steps_since(self.start)) * i128::from(self.drift) / 1_000_000;
        let steps = self.offset.steps().wrapping_add(i64::try_from(gained).unwrap());
        TimeOffset::from_steps(steps)
    }

    /// What its clock says.
    fn reads(self, now: TimeTag) -> TimeTag {
        self.offset(now).outgoing(now)
    }
}

fn apart(left: TimeOffset, right: TimeOffset) -> Duration {
    TimeOffset::from_steps(left.steps_past(right)).abs()
}

fn micros(most: u64) -> impl Strategy<Value = Duration> {
    (0..most).prop_map(Duration::from_micros)
}

/// A pause, and how long a question and its answer take.
fn rounds() -> impl Strategy<Value = Vec<(Duration, Duration, Duration)>> {
    // Mostly short, as in a quiet network, and now and then a queue.
    let way = || prop_oneof![3 => micros(500), 1 => micros(80_000)];
    prop::collection::vec((micros(2_000_000), way(), way()), 1..60)
}

fn peers() -> impl Strategy<Value = Peer> {
    // Near the end of an era and near its middle, too.
    let start = prop_oneof![
        any::<u64>(),
        Just(u64::MAX - (30 << 32)),
        Just((1 << 63) - (30 << 32)),
        Just(0xed00_0000_0000_0000)
    ];
    let offset = prop_oneof![
        any::<i64>(),
        -(10_i64 << 32)..10 << 32,
        Just(i64::MIN),
        Just(i64::MAX),
        Just(0)
    ];
    (start, offset, -50_i64..=50).prop_map(|(start, offset, drift)| Peer {
        start: TimeTag(start.max(2)),
        offset: TimeOffset::from_steps(offset),
        drift,
    })
}

/// What is not told: those two are no times.
fn is_time(tags: [TimeTag; 3]) -> bool {
    tags.iter().all(|tag| tag.0 > 2)
}

proptest! {
    /// The estimate is off by half of the round trip at the most, and by what clocks drift apart meanwhile.
    #[test]
    fn the_error_is_never_more_than_it_says(
        peer in peers(),
        rounds in rounds(),
        window in 1_usize..40,
    ) {
        let mut estimator = OffsetEstimator::new().window(window);
        let mut now = peer.start;
        for (pause, there, back) in rounds {
            let sent = now + pause;
            let (asked, received) = (sent + there, sent + there + back);
            now = received;
            let tags = [sent, peer.reads(asked), received];
            if !is_time(tags) {
                continue;
            }
            let estimate = estimator.sample(tags[0], tags[1], tags[2]).unwrap();
            let off = apart(estimate.offset, peer.offset(received));
            prop_assert!(off <= estimate.error() + ROUNDING, "{off:?} {estimate:?}");
            // Nor is what is believed worse than what has just been heard.
            prop_assert!(estimate.error() <= (there + back) / 2 + (there + back) / 20_000 + ROUNDING);
        }
    }

    /// A clock that is set, in whichever direction, is followed after three rounds, however far it was.
    #[test]
    fn a_clock_that_is_set_is_followed(
        peer in peers(),
        step in any::<i64>(),
        rounds in prop::collection::vec((micros(500), micros(500)), 3..20),
    ) {
        let mut estimator = OffsetEstimator::new();
        let mut now = peer.start;
        let offset = TimeOffset::from_steps(peer.offset.steps().wrapping_add(step));
        let stepped = Peer { offset, ..peer };
        // More than what is small enough to be drift, and not half an era, which is both ways at once.
        let far = 130 * (1 << 32) / 1000..i64::MAX as u64;
        prop_assume!(far.contains(&step.unsigned_abs()));
        for (number, peer) in [peer; 5].into_iter().chain([stepped; 5]).enumerate() {
            let (there, back) = rounds[number % rounds.len()];
            let sent = now + Duration::from_secs(1);
            let received = sent + there + back;
            now = received;
            let tags = [sent, peer.reads(sent + there), received];
            prop_assume!(is_time(tags));
            let estimate = estimator.sample(tags[0], tags[1], tags[2]);
            if (5..7).contains(&number) {
                let jumped = matches!(estimate, Err(BadSample::Jumped { .. }));
                prop_assert!(jumped, "{number}: {estimate:?}");
                continue;
            }
            let estimate = estimate.unwrap();
            let off = apart(estimate.offset, peer.offset(received));
            prop_assert!(off <= estimate.error() + ROUNDING, "{number}: {off:?} {estimate:?}");
        }
    }

    /// Whatever a peer answers, and whatever this side's clock says: no panic, and nothing that is not a time.
    #[test]
    fn any_numbers_do(
        samples in prop::collection::vec(prop::array::uniform3(prop_oneof![
            any::<u64>(), 0_u64..4, (u64::MAX - 3)..=u64::MAX, (1_u64 << 63) - 3..(1 << 63) + 4
        ]), 1..40),
        max_delay in prop_oneof![
            Just(Duration::MAX),
            Just(Duration::ZERO),
            any::<u32>().prop_map(|seconds| Duration::from_secs(seconds.into()))
        ],
    ) {
        let mut estimator = OffsetEstimator::new().max_delay(max_delay);
        for tags in samples {
            let [sent, peer, received] = tags.map(TimeTag);
            match estimator.sample(sent, peer, received) {
                Ok(estimate) => {
                    prop_assert!(estimate.delay <= max_delay);
                    prop_assert!(!sent.is_after(received) && sent.0 > 1 && peer.0 > 1);
                    prop_assert_eq!(estimator.estimate(), Some(estimate));
                    let _ = estimate.error();
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn jumps_that_do_not_agree_are_never_believed() {
    let start = TimeTag::from_unix(1_600_000_000, 0);
    let mut estimator = OffsetEstimator::new();
    let mut ask = |second: u32, ahead: u64| {
        let sent = start + Duration::from_secs(1) * second;
        let theirs = sent + Duration::from_secs(ahead);
        estimator.sample(sent, theirs, sent + Duration::from_millis(2))
    };
    assert!(ask(0, 0).is_ok());
    for second in 1..100 {
        let nonsense = ask(second, u64::from(second) * 7919 % 1000 + 1);
        assert!(matches!(nonsense, Err(BadSample::Jumped { .. })), "{nonsense:?}");
    }
    assert!(ask(100, 0).is_ok());
}
