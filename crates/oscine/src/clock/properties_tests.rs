//! What holds for any steps of the wall clock, any time tags and any offsets.

use std::time::Duration;

use oscine_codec::TimeTag;
use proptest::prelude::*;

use crate::clock::clock::Clock;
use crate::time_offset::TimeOffset;

const SECOND: Duration = Duration::from_secs(1);
/// What the seconds of a leap second are for a wall clock that repeats one, and for one that leaves one out.
const LEAP: i64 = 1 << 32;

fn tags() -> impl Strategy<Value = TimeTag> {
    let ends = prop_oneof![0_u64..5, u64::MAX - 5..=u64::MAX, (1_u64 << 63) - 5..(1 << 63) + 5];
    prop_oneof![ends, any::<u64>()].prop_map(TimeTag)
}

fn steps() -> impl Strategy<Value = i64> {
    let ends = prop_oneof![i64::MIN..i64::MIN + 5, -5_i64..5, i64::MAX - 5..=i64::MAX];
    prop_oneof![ends, any::<i64>(), -LEAP..LEAP, Just(LEAP), Just(-LEAP)]
}

/// By the letter: nanoseconds as steps of 2⁻³² seconds, to the nearest.
fn nearest(nanos: u128) -> u128 {
    (nanos * (1 << 32) + 500_000_000) / 1_000_000_000
}

proptest! {
    #[test]
    fn any_offset_takes_any_tag_there_and_back(tag in tags(), steps in steps()) {
        let offset = TimeOffset::from_steps(steps);
        for there in [offset.incoming(tag), offset.outgoing(tag)] {
            prop_assert_eq!(there.0 > 1, tag.0 > 1, "a time stays a time, and none stays none");
        }
        let back = offset.outgoing(offset.incoming(tag));
        // Beside those two that are no times, it is the same to the last bit. It may come upon them both ways.
        prop_assert!(back.steps_since(tag).abs() <= 4, "{back:?} {tag:?}");
        if offset.incoming(tag).0 != 2 && tag.0 > 2 {
            prop_assert_eq!(back, tag);
        }
    }

    #[test]
    fn offsets_round_to_the_nearest_and_stop_at_the_ends(
        seconds in prop_oneof![0_u64..100, (1_u64 << 31) - 2..(1 << 31) + 2, any::<u64>()],
        nanos in 0_u32..1_000_000_000,
        other in steps(),
    ) {
        let by = Duration::new(seconds, nanos);
        let exact = nearest(by.as_nanos());
        let most = i64::MAX.unsigned_abs();
        let ahead = TimeOffset::ahead(by);
        prop_assert_eq!(ahead.steps().unsigned_abs(), u64::try_from(exact).unwrap_or(most).min(most));
        prop_assert_eq!(TimeOffset::behind(by), -ahead);
        let other = TimeOffset::from_steps(other);
        let sum = i128::from(ahead.steps()) + i128::from(other.steps());
        let sum = sum.clamp(i64::MIN.into(), i64::MAX.into());
        prop_assert_eq!(i128::from((ahead + other).steps()), sum);
        // A nanosecond is more than four steps, so the way back is to the same nanosecond.
        if ahead.steps() < i64::MAX {
            prop_assert_eq!((ahead.abs(), (-ahead).abs()), (by, by));
        }
        prop_assert!(!other.to_string().is_empty());
    }

    /// Steps of the wall clock in both directions, leap seconds among them, and the wrap of 2036.
    #[test]
    fn what_comes_is_due_as_its_sender_meant(
        start in prop_oneof![tags(), Just(TimeTag(u64::MAX - (3 << 32)))],
        moves in prop::collection::vec((0_u64..3_000, prop::option::of(-LEAP * 100..LEAP * 100)), 1..20),
        fixed in -LEAP..LEAP,
    ) {
        let (clock, hand) = Clock::simulated(start);
        let clock = clock.with_offset(TimeOffset::from_steps(fixed));
        let mut stepped = TimeOffset::ZERO;
        for (millis, step) in moves {
            let before = clock.now();
            hand.advance(Duration::from_millis(millis));
            prop_assert!(!before.is_after(clock.now()), "the line is monotonic");
            if let Some(step) = step.map(TimeOffset::from_steps) {
                hand.step_wall(step);
                stepped = stepped + step;
            }
            clock.check();
            // A sender with the right time, but for the fixed offset.
            let wall = stepped.incoming(clock.now());
            let sent = TimeOffset::from_steps(fixed).outgoing(wall) + SECOND;
            let due = clock.offset().incoming(sent);
            let off = due.steps_since(clock.now() + SECOND);
            // The clock follows small steps back, and leaves small ones ahead alone: never early.
            prop_assert!((-4..=LEAP / 9_000).contains(&off), "{off} steps");
        }
    }

    #[test]
    fn any_step_and_any_time_do(
        start in tags(),
        steps in prop::collection::vec(steps(), 1..10),
        tag in tags(),
        by in prop_oneof![Just(Duration::MAX), any::<u32>().prop_map(|millis| Duration::from_millis(millis.into()))],
    ) {
        let (clock, hand) = Clock::simulated(start);
        for step in steps {
            let clock = clock.clone().with_offset(TimeOffset::from_steps(step));
            hand.step_wall(TimeOffset::from_steps(step));
            hand.advance(by);
            hand.set(tag);
            clock.follow(clock.now());
            prop_assert!(clock.now().0 > 1 && clock.sender_now().0 > 1);
            prop_assert_eq!(clock.offset().incoming(tag).0 > 1, tag.0 > 1);
            let _ = Clock::system().instant(tag);
        }
    }
}
