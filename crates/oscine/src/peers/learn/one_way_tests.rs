//! What is learned from what only comes from a peer: beacons, and the tags of bundles.

use std::time::Duration;

use oscine_codec::TimeTag;
use proptest::prelude::*;

use crate::peers::learn::options::OffsetOptions;
use crate::peers::learn::tests::{MS, SECOND, World, micros, numbered};
use crate::peers::learn::way::LearnOffset;
use crate::time_offset::TimeOffset;

proptest! {
    /// By beacons what runs is never early, and late by the least delay at the most, and by drift.
    #[test]
    fn beacons_are_wrong_by_the_least_delay_and_never_early(
        ahead in any::<i64>(),
        delays in prop::collection::vec((micros(3_000_000), micros(500_000)), 1..60),
    ) {
        let ahead = TimeOffset::from_steps(ahead);
        let mut world = World::new();
        let peer = numbered(1);
        world.learn(&peer, LearnOffset::Beacon, OffsetOptions::new());
        let (mut believed, mut refused) = (false, 0);
        for (pause, delay) in delays {
            world.now = world.now + pause;
            let tag = ahead.incoming(world.now);
            prop_assume!(tag.0 > 2);
            world.now = world.now + delay;
            prop_assert!(world.hears(&peer, "/clock", tag));
            let clock = world.clock(&peer);
            let late = clock.offset.unwrap().steps_past(-ahead);
            prop_assert!(late >= -4, "never early: {late}");
            believed |= clock.samples > 0;
            prop_assert_eq!(clock.error, None);
            // What is believed is no slower than the last one, but for those that jump: they are faster than all before
            // by more than 128 ms, and have to come three times.
            let fastest = TimeOffset::ahead(delay).steps() + 4;
            prop_assert!(late <= fastest || clock.refused > refused, "{late} {delay:?}");
            refused = clock.refused;
        }
        prop_assert!(believed);
    }
}

#[test]
fn devices_that_count_from_their_start_are_known_by_their_bundles() {
    for how in [LearnOffset::Bundles, LearnOffset::Beacon] {
        let mut world = World::new();
        let peer = numbered(1);
        let options = OffsetOptions::new().lead(50 * MS).bundles_until_known(true);
        world.learn(&peer, how, options);
        let boot = world.now - 3 * SECOND;
        let tag = |sent: TimeTag| TimeTag(sent.0 - boot.0) + 50 * MS;
        // The first one was slow: 40 ms. The others take 5, and one is held up for longer than anyone believes.
        for (round, delay) in [40, 5, 7, 6, 30_000, 5].into_iter().enumerate() {
            world.now = world.now + 100 * MS;
            let sent = world.now;
            world.now = world.now + delay * MS;
            let offset = world.learners.bundle(&peer, tag(sent), world.now).unwrap();
            let due = offset.incoming(tag(sent));
            let late = due.since(sent + 50 * MS);
            assert!(late <= if round == 0 { 41 * MS } else { 6 * MS }, "{round}: {late:?}");
            assert!(!(sent + 50 * MS).is_after(due + Duration::from_nanos(2)));
            // What is to run at once is no time.
            assert_eq!(world.learners.bundle(&peer, TimeTag::IMMEDIATE, world.now), Some(offset));
        }
        // The network holds up five of them, and lets them through together: that is no other time.
        let before = world.learners.offset(&peer);
        let sent: Vec<_> = (0..5).map(|number| world.now + number * MS).collect();
        world.now = world.now + 12 * SECOND;
        for sent in sent {
            assert_eq!(world.learners.bundle(&peer, tag(sent), world.now), before);
        }
        // It starts anew: two bundles are taken for old ones, the third is believed.
        let boot = world.now;
        for round in 0..4 {
            world.now = world.now + SECOND;
            let tag = TimeTag(world.now.0 - boot.0) + 50 * MS;
            let due = world.learners.bundle(&peer, tag, world.now).unwrap().incoming(tag);
            let off = due.steps_since(world.now + 50 * MS);
            assert_eq!(TimeOffset::from_steps(off).abs() < MS, round >= 2, "{round}");
        }
        if how == LearnOffset::Beacon {
            // What the peer says of its clock is better.
            world.hears(&peer, "/clock", TimeTag(1000 << 32));
            let right = TimeOffset::between(TimeTag(1000 << 32), world.now);
            assert_eq!(world.learners.bundle(&peer, TimeTag(7 << 32), world.now), Some(right));
        } else {
            assert_eq!((world.clock(&peer).samples, world.clock(&peer).refused), (13, 2));
        }
    }
}
