use std::collections::BTreeSet;
use std::time::Duration;

use oscine_codec::TimeTag;
use oscine_transport::PeerKey;
use proptest::prelude::*;

use crate::schedule::limits::{Overflow, ScheduleLimits};
use crate::schedule::queue::Schedule;
use crate::schedule::waiting::ScheduleKey;

const NOW: TimeTag = TimeTag(1 << 40);
const LIMITS: ScheduleLimits = ScheduleLimits::new();

#[test]
fn equal_times_are_first_in_first_out() {
    let mut queue = Schedule::new(LIMITS);
    for value in 0..1000 {
        queue.push(NOW, NOW + Duration::from_millis(value * 7 % 5), 0, value).unwrap();
    }
    let mut expected: Vec<_> = (0..1000).collect();
    expected.sort_by_key(|value| value * 7 % 5);
    assert!(queue.iter().map(|waiting| *waiting.value).eq(expected.iter().copied()));
    let end = NOW + Duration::from_secs(1);
    let popped = std::iter::from_fn(|| queue.pop_due(end)).map(|(_, value)| value);
    assert_eq!(popped.collect::<Vec<_>>(), expected);
}

#[test]
fn nothing_is_popped_before_it_is_due() {
    let mut queue = Schedule::new(LIMITS);
    let due = NOW + Duration::from_nanos(1);
    queue.push(NOW, due, 0, 1).unwrap();
    assert_eq!(queue.pop_due(TimeTag(due.0 - 1)), None);
    assert_eq!(queue.pop_due(due), Some((due, 1)));
    assert_eq!(queue.next_due(), None);
}

#[test]
fn limits_refuse_the_new_and_keep_the_old() {
    let limits = LIMITS.count(2).bytes(10).horizon(Duration::from_secs(1));
    let mut queue = Schedule::new(limits);
    let far = NOW + Duration::from_secs(2);
    let horizon = Overflow::Horizon { ahead: Duration::from_secs(2), limit: limits.horizon };
    assert_eq!(queue.push(NOW, far, 0, 0), Err(horizon));
    queue.push(NOW, NOW, 6, 1).unwrap();
    assert_eq!(queue.push(NOW, NOW, 5, 0), Err(Overflow::Bytes { limit: 10 }));
    queue.push(NOW, NOW, 4, 2).unwrap();
    assert_eq!(queue.push(NOW, NOW, 0, 0), Err(Overflow::Count { limit: 2 }));
    assert_eq!((queue.pop_due(NOW), queue.bytes()), (Some((NOW, 1)), 4));
    queue.push(NOW, NOW, 6, 3).unwrap();
}

#[test]
fn an_owner_has_a_share_and_leaves_no_trace() {
    let mut queue = Schedule::with_owners(LIMITS.owner_count(3).owner_bytes(100));
    for _ in 0..3 {
        queue.push_for("mad", NOW, NOW, 1, ()).unwrap();
    }
    assert_eq!(queue.push_for("mad", NOW, NOW, 1, ()), Err(Overflow::OwnerCount { limit: 3 }));
    queue.push_for("sane", NOW, NOW, 99, ()).unwrap();
    assert_eq!(queue.push_for("sane", NOW, NOW, 2, ()), Err(Overflow::OwnerBytes { limit: 100 }));
    assert_eq!((queue.share_of(&"mad"), queue.share_of(&"sane")), ((3, 3), (1, 99)));
    assert!(queue.pop_due(NOW).is_some());
    queue.push_for("mad", NOW, NOW, 1, ()).unwrap();
    assert_eq!((queue.cancel_owner(&"mad"), queue.cancel_owner(&"mad")), (3, 0));
    assert_eq!((queue.len(), queue.bytes(), queue.owners()), (1, 99, (1, 0)));
    assert!(queue.pop_due(NOW).is_some());
    assert_eq!((queue.len(), queue.bytes(), queue.owners()), (0, 0, (0, 0)));
}

#[test]
fn owners_of_one_host_share_what_it_may_have() {
    let limits = LIMITS.owner_count(3).host_count(5).host_bytes(100);
    let host_of = |owner: &(u8, u16)| Some(PeerKey::host(([10, 0, 0, owner.0], owner.1).into()));
    let mut queue = Schedule::with_hosts(limits, host_of);
    let mut push = |host, port, bytes| queue.push_for((host, port), NOW, NOW, bytes, ()).err();
    // More ports bring no more than the host has.
    let pushed: Vec<_> = (0..8).map(|port| push(1, port, 1)).collect();
    let (none, refused) = (None, Some(Overflow::HostCount { limit: 5 }));
    assert_eq!(pushed, [none, none, none, none, none, refused, refused, refused]);
    assert_eq!((push(2, 1, 99), push(2, 2, 2)), (None, Some(Overflow::HostBytes { limit: 100 })));
    assert_eq!(push(2, 2, 1), None);
    let mut own = |port| queue.push_for((3, port), NOW, NOW, 1, ()).err();
    let owned = Some(Overflow::OwnerCount { limit: 3 });
    assert_eq!([1, 1, 1, 1, 2].map(&mut own), [None, None, None, owned, None]);
    assert_eq!((queue.len(), queue.owners()), (11, (9, 3)));
    assert_eq!(queue.cancel_owner(&(1, 0)), 1);
    queue.push_for((1, 9), NOW, NOW, 1, ()).unwrap();
    while queue.pop_due(NOW).is_some() {}
    assert_eq!((queue.bytes(), queue.owners()), (0, (0, 0)));
    queue.push_for((1, 1), NOW, NOW, 1, ()).unwrap();
    queue.clear();
    assert_eq!(queue.owners(), (0, 0));
    queue.push_for((1, 1), NOW, NOW, 100, ()).unwrap();
    assert!(queue.push_for((1, 2), NOW, NOW, 1, ()).is_err(), "hosts are still told apart");
}

#[test]
fn what_is_cancelled_does_not_pile_up() {
    let mut queue = Schedule::new(LIMITS);
    let stale = queue.push(NOW, NOW, 1, 0).unwrap();
    assert_eq!(queue.cancel(stale), Some(0));
    for keep in 0..2 {
        for value in 0..10_000 {
            let key = queue.push(NOW, NOW + Duration::from_secs(value % 100), 1, value).unwrap();
            assert_eq!(queue.cancel(stale), None, "a key is never used again");
            assert_eq!(queue.cancel(key), Some(value));
        }
        assert!(queue.places() <= 1024 + 3 * keep, "{}", queue.places());
        assert_eq!(queue.len(), keep);
        queue.push(NOW, NOW + Duration::from_secs(1000), 1, 1).unwrap();
    }
}

#[test]
fn keys_are_good_after_a_burst_has_given_its_memory_back() {
    let mut queue = Schedule::new(LIMITS.count(100_000));
    let mut keys = Vec::new();
    for value in 0..100_000_u64 {
        let due = NOW + Duration::from_micros(value * 7919 % 100_000);
        keys.push(queue.push(NOW, due, 1, value).unwrap());
    }
    while queue.len() > 100 {
        queue.pop_first().unwrap();
    }
    assert!(queue.capacity() < 2_000, "{}", queue.capacity());
    let left: Vec<_> = queue.iter().map(|waiting| *waiting.value).collect();
    let by_key = |key: &ScheduleKey| queue.get(*key).map(|waiting| *waiting.value);
    let mut found: Vec<_> = keys.iter().filter_map(by_key).collect();
    found.sort_by_key(|value| value * 7919 % 100_000);
    assert_eq!((left.len(), &found), (100, &left));
    for key in keys {
        let there = queue.get(key).is_some();
        assert_eq!(queue.cancel(key).is_some(), there);
    }
    assert_eq!((queue.len(), queue.bytes()), (0, 0));
}

/// Many, so that crowded buckets are spread: of 50,000 those due are popped, step by step, and others come in between.
#[test]
fn crowds_come_out_in_order() {
    let mut state = 7_u64;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for spread in [1 << 10, 1 << 33, 1 << 44] {
        let mut queue = Schedule::new(LIMITS.count(usize::MAX));
        let mut model = BTreeSet::new();
        let (mut now, mut number, mut popped) = (NOW, 0, 0);
        while popped < 50_000 {
            let pushes = if number < 50_000 { random(2000) } else { 0 };
            for _ in 0..pushes {
                // A good half of them at times that others have too.
                let ahead =
                    if random(2) == 0 { random(16) * (spread / 16) } else { random(spread) };
                let due = TimeTag(now.0 + ahead);
                queue.push(now, due, 0, number).unwrap();
                model.insert((due, number));
                number += 1;
            }
            now = TimeTag(now.0 + random(spread / 4));
            while let Some((due, value)) = queue.pop_due(now) {
                assert_eq!(model.pop_first(), Some((due, value)));
                popped += 1;
            }
            assert!(model.first().is_none_or(|first| first.0 > now));
            assert_eq!(queue.next_due(), model.first().map(|first| first.0));
        }
    }
}

/// What is done to a schedule and to its model. Times are in steps from now.
#[derive(Debug, Clone)]
enum Step {
    Push { ahead: i64, bytes: usize, owner: Option<u8> },
    PushImmediate(u64),
    Pop,
    PopFirst,
    Cancel(usize),
    CancelOwner(u8),
    CancelThird(u64),
    Clear,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ahead = prop_oneof![
        4 => -20_i64..200,
        4 => 0_i64..1 << 32,
        2 => 0_i64..1 << 44,
        1 => -(1_i64 << 50)..1 << 52,
        1 => Just(1_i64 << 33),
    ];
    let wait = prop_oneof![0_u64..100, 0_u64..1 << 31, 0_u64..1 << 43];
    let step = prop_oneof![
        12 => (ahead, 0_usize..50, proptest::option::of(0_u8..3))
            .prop_map(|(ahead, bytes, owner)| Step::Push { ahead, bytes, owner }),
        1 => (0_u64..2).prop_map(Step::PushImmediate),
        8 => Just(Step::Pop),
        1 => Just(Step::PopFirst),
        3 => (0_usize..1000).prop_map(Step::Cancel),
        1 => (0_u8..3).prop_map(Step::CancelOwner),
        1 => (0_u64..3).prop_map(Step::CancelThird),
        1 => Just(Step::Clear),
        4 => wait.prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 1..400)
}

/// An entry of the model: its time in steps of all eras, its number, and the rest.
type Entry = (i128, u64, TimeTag, usize, Option<u8>);

const MODEL_LIMITS: ScheduleLimits = LIMITS
    .count(120)
    .bytes(3000)
    .owner_count(40)
    .owner_bytes(900)
    .host_count(30)
    .host_bytes(600)
    .horizon(Duration::from_secs(1 << 19));

/// The first two owners are on one host, and the third on none.
fn host_of(owner: &u8) -> Option<PeerKey> {
    (*owner < 2).then(|| PeerKey::host(([10, 0, 0, 1], u16::from(*owner)).into()))
}

fn refused(model: &[Entry], ahead: i64, bytes: usize, owner: Option<u8>) -> Option<Overflow> {
    let of_owner = || model.iter().filter(move |entry| owner.is_some() && entry.4 == owner);
    let host = owner.as_ref().and_then(host_of);
    let of_host = || {
        model
            .iter()
            .filter(move |entry| host.is_some() && entry.4.as_ref().and_then(host_of) == host)
    };
    let sum =
        |entries: &mut dyn Iterator<Item = &Entry>| entries.map(|entry| entry.3).sum::<usize>();
    if ahead > 1 << 51 {
        let ahead = TimeTag(ahead as u64).since(TimeTag(0));
        Some(Overflow::Horizon { ahead, limit: MODEL_LIMITS.horizon })
    } else if model.len() >= 120 {
        Some(Overflow::Count { limit: 120 })
    } else if sum(&mut model.iter()) + bytes > 3000 {
        Some(Overflow::Bytes { limit: 3000 })
    } else if of_owner().count() >= 40 {
        Some(Overflow::OwnerCount { limit: 40 })
    } else if owner.is_some() && sum(&mut of_owner()) + bytes > 900 {
        Some(Overflow::OwnerBytes { limit: 900 })
    } else if of_host().count() >= 30 {
        Some(Overflow::HostCount { limit: 30 })
    } else if host.is_some() && sum(&mut of_host()) + bytes > 600 {
        Some(Overflow::HostBytes { limit: 600 })
    } else {
        None
    }
}

/// Does the steps to a schedule and to a list that is searched, from a time that is near the end of an era.
fn check(start: u64, steps: Vec<Step>) {
    let mut queue = Schedule::with_hosts(MODEL_LIMITS, host_of);
    let mut model: Vec<Entry> = Vec::new();
    let mut keys = Vec::new();
    let mut now = i128::from(start);
    let tag = |time: i128| TimeTag(u64::try_from(time.rem_euclid(1 << 64)).unwrap());
    for step in steps {
        match step {
            Step::Push { ahead, bytes, owner } => {
                let time = now + i128::from(ahead);
                let number = keys.len() as u64;
                // Those two are no times.
                if tag(time).0 <= 1 || tag(now).0 <= 1 {
                    continue;
                }
                let pushed = match owner {
                    Some(owner) => queue.push_for(owner, tag(now), tag(time), bytes, number),
                    None => queue.push(tag(now), tag(time), bytes, number),
                };
                match refused(&model, ahead, bytes, owner) {
                    Some(overflow) => assert_eq!(pushed, Err(overflow)),
                    None => {
                        keys.push(pushed.unwrap());
                        model.push((time, number, tag(time), bytes, owner));
                    }
                }
            }
            Step::PushImmediate(due) => {
                if model.len() < 120 {
                    let number = keys.len() as u64;
                    keys.push(queue.push(tag(now), TimeTag(due), 0, number).unwrap());
                    model.push((i128::MIN, number, TimeTag(due), 0, None));
                }
            }
            Step::Pop | Step::PopFirst => {
                let first = model.iter().min().copied();
                let due = first.filter(|first| matches!(step, Step::PopFirst) || first.0 <= now);
                let popped = if matches!(step, Step::Pop) {
                    queue.pop_due(tag(now))
                } else {
                    queue.pop_first()
                };
                assert_eq!(popped, due.map(|(_, number, tag, ..)| (tag, number)));
                model.retain(|entry| Some(*entry) != due);
                if let (None, Some(next)) = (popped, queue.next_due()) {
                    assert!(next.is_after(tag(now)), "it would be asked again and again");
                }
            }
            Step::Cancel(which) => {
                let Some(key) = keys.get(which % keys.len().max(1)) else { continue };
                let number = (which % keys.len()) as u64;
                let there = model.iter().any(|entry| entry.1 == number);
                assert_eq!(queue.get(*key).is_some(), there);
                assert_eq!(queue.cancel(*key), there.then_some(number));
                model.retain(|entry| entry.1 != number);
            }
            Step::CancelOwner(owner) => {
                let count = model.iter().filter(|entry| entry.4 == Some(owner)).count();
                assert_eq!(queue.cancel_owner(&owner), count);
                model.retain(|entry| entry.4 != Some(owner));
            }
            Step::CancelThird(third) => {
                let count = model.iter().filter(|entry| entry.1 % 3 == third).count();
                assert_eq!(queue.cancel_where(|waiting| waiting.value % 3 == third), count);
                model.retain(|entry| entry.1 % 3 != third);
            }
            Step::Clear => {
                assert_eq!(queue.clear(), model.len());
                model.clear();
            }
            Step::Wait(steps) => now += i128::from(steps),
        }
        assert_eq!(queue.len(), model.len());
        assert_eq!(queue.bytes(), model.iter().map(|entry| entry.3).sum::<usize>());
        assert_eq!(queue.next_due().is_none(), model.is_empty());
        if let Some(first) = queue.first() {
            assert_eq!(Some(*first.value), model.iter().min().map(|entry| entry.1));
        }
        if let (Some(next), Some(first)) = (queue.next_due(), model.iter().min()) {
            assert!(!next.is_after(first.2), "{next:?} {first:?}");
        }
    }
    model.sort_unstable();
    let listed: Vec<_> =
        queue.iter().map(|it| (*it.value, it.due, it.bytes, it.owner.copied())).collect();
    let expected: Vec<_> =
        model.iter().map(|&(_, number, due, bytes, owner)| (number, due, bytes, owner)).collect();
    assert_eq!(listed, expected);
    let popped: Vec<_> =
        std::iter::from_fn(|| queue.pop_first()).map(|(_, number)| number).collect();
    assert_eq!(popped, model.iter().map(|entry| entry.1).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_schedule_does_what_a_sorted_list_does(steps in steps(), before in 0_u64..1 << 44) {
        check(1 << 62, steps.clone());
        check(u64::MAX - before, steps);
    }
}
