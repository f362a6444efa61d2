use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use oscine_codec::TimeTag;

use crate::clock::clock::Clock;
use crate::time_offset::TimeOffset;

#[test]
fn many_small_steps_of_simulated_time_reach_what_one_long_one_does() {
    let start = TimeTag::from_unix(1_800_000_000, 0);
    for nanos in [1, 3, 7, 999, 333_333_333, 1_000_000_007] {
        let by = Duration::from_nanos(nanos);
        let ((small, hand), (long, other)) = (Clock::simulated(start), Clock::simulated(start));
        (0..10_000).for_each(|_| hand.advance(by));
        other.advance(by * 10_000);
        assert_eq!(small.now(), long.now(), "{by:?}");
        assert_eq!(small.now(), start + by * 10_000, "{by:?}");
        // From where it is set it goes on from there.
        let there = small.now() + Duration::from_secs(5);
        hand.set(there);
        hand.advance(by);
        assert_eq!(small.now(), there + by);
    }
    let (clock, hand) = Clock::simulated(start);
    hand.advance(Duration::MAX);
    hand.advance(Duration::from_nanos(1));
    assert!(clock.now().0 > 1);
}

#[test]
fn at_the_instant_of_a_tag_the_tag_is_due() {
    let clock = Clock::system();
    // The system's clocks cannot be set to an instant, but a simulated pair can.
    let (start, passed) = (Instant::now(), Arc::new(AtomicI64::new(0)));
    let now = Arc::clone(&passed);
    let monotonic = move || start + Duration::from_nanos(now.load(Ordering::Relaxed) as u64);
    let given = Clock::with_sources(SystemTime::now, monotonic);
    let first = given.now();
    for steps in (0..10_000_000_000).step_by(12_345_678) {
        let due = TimeTag(first.0 + steps);
        let at = given.instant(due).unwrap() - start;
        passed.store(i64::try_from(at.as_nanos()).unwrap(), Ordering::Relaxed);
        assert!(given.now() >= due);
    }
    assert!(clock.instant(clock.now()).is_some());
}

#[test]
fn the_clock_is_not_ahead_of_the_system() {
    let clock = Clock::system();
    for _ in 0..1000 {
        clock.check();
        let ours = clock.sender_now();
        assert!(ours <= TimeTag::from(SystemTime::now()));
    }
}

/// Clocks whose hands are moved: the wall clock and the monotonic one, in nanoseconds.
struct Hands {
    clock: Clock,
    wall: Arc<AtomicI64>,
    monotonic: Arc<AtomicI64>,
}

const SECOND: i64 = 1_000_000_000;

impl Hands {
    /// At some seconds of Unix time.
    fn at(unix: u64) -> Self {
        let (wall, monotonic) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicI64::new(0)));
        let read = |hand: &Arc<AtomicI64>| {
            let hand = Arc::clone(hand);
            move || Duration::from_nanos(hand.load(Ordering::Relaxed).try_into().unwrap())
        };
        let (wall_now, monotonic_now) = (read(&wall), read(&monotonic));
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(unix);
        let start = Instant::now();
        let clock =
            Clock::with_sources(move || epoch + wall_now(), move || start + monotonic_now());
        Self { clock, wall, monotonic }
    }

    fn pass(&self, nanos: i64) {
        self.wall.fetch_add(nanos, Ordering::Relaxed);
        self.monotonic.fetch_add(nanos, Ordering::Relaxed);
    }

    fn step(&self, nanos: i64) {
        self.wall.fetch_add(nanos, Ordering::Relaxed);
    }
}

fn near(left: Duration, right: Duration) -> bool {
    left.abs_diff(right) < Duration::from_nanos(10)
}

#[test]
fn what_waits_does_not_move_when_the_wall_clock_steps_and_what_comes_is_mapped_anew() {
    // The second one is two minutes before the seconds of time tags wrap.
    for unix in [1_600_000_000, 2_085_978_496 - 120] {
        for step in [100 * SECOND, -50 * SECOND, 200_000, -200_000] {
            let hands = Hands::at(unix);
            let clock = &hands.clock;
            hands.pass(100 * SECOND);
            assert_eq!((clock.check(), clock.steps()), (None, 0));
            let before = clock.now();
            let instant = clock.instant(before);
            hands.step(step);
            assert_eq!(clock.now(), before, "the line is monotonic");
            let by = clock.check().unwrap();
            assert!(near(by.abs(), Duration::from_nanos(step.unsigned_abs())), "{by}");
            assert_eq!(by < TimeOffset::ZERO, step < 0);
            assert_eq!((clock.now(), clock.instant(before), clock.steps()), (before, instant, 1));
            assert_eq!(clock.check(), None, "a step is one step");

            // A bundle for in a second by the new time is due in a second.
            let sent = clock.sender_now() + Duration::from_secs(1);
            let wall = hands.wall.load(Ordering::Relaxed) + SECOND;
            let wall = Duration::from_nanos(wall.try_into().unwrap()) + Duration::from_secs(unix);
            let wall = TimeTag::from(SystemTime::UNIX_EPOCH + wall);
            assert!(sent.steps_since(wall).abs() < 50, "{sent} {wall}");
            let due = clock.offset().incoming(sent);
            hands.pass(SECOND - 20);
            assert!(due.is_after(clock.now()));
            hands.pass(40);
            assert!(!due.is_after(clock.now()));
        }
    }
}

#[test]
fn small_differences_are_no_steps_and_never_make_anything_early() {
    let hands = Hands::at(1_600_000_000);
    let clock = &hands.clock;
    hands.pass(SECOND);
    hands.step(90_000);
    assert_eq!((clock.check(), clock.offset()), (None, TimeOffset::ZERO));
    hands.step(-120_000);
    assert_eq!((clock.check(), clock.steps()), (None, 0));
    // 30 µs behind where it was: now tags come 30 µs later.
    assert!(near(clock.offset().abs(), Duration::from_micros(30)));
    assert!(clock.offset() > TimeOffset::ZERO);
}

#[test]
fn a_reading_that_takes_long_says_nothing() {
    let start = Instant::now();
    let counter = AtomicI64::new(0);
    let monotonic = move || {
        let looks = counter.fetch_add(1, Ordering::Relaxed);
        start + Duration::from_micros(60 * u64::try_from(looks).unwrap())
    };
    let clock = Clock::with_sources(|| SystemTime::UNIX_EPOCH + Duration::from_secs(9), monotonic);
    assert_eq!((clock.check(), clock.steps(), clock.offset()), (None, 0, TimeOffset::ZERO));
}

#[test]
fn following_looks_once_a_millisecond() {
    let hands = Hands::at(1_600_000_000);
    let clock = &hands.clock;
    hands.step(SECOND);
    clock.follow(clock.now());
    assert_eq!(clock.steps(), 0);
    hands.pass(1_000_100);
    clock.follow(clock.now());
    assert_eq!(clock.steps(), 1);
    hands.step(SECOND);
    clock.follow(clock.now());
    assert_eq!(clock.steps(), 1);
}

#[test]
fn a_fixed_offset_is_added_to_what_comes_in() {
    let second = TimeOffset::ahead(Duration::from_secs(1));
    let (clock, hand) = Clock::simulated(TimeTag(5 << 32));
    let shifted = clock.clone().with_offset(second);
    assert_eq!((clock.offset(), shifted.offset()), (TimeOffset::ZERO, second));
    hand.step_wall(second);
    assert_eq!((clock.check(), shifted.check()), (Some(second), None), "they are one clock");
    assert_eq!((clock.offset(), shifted.offset()), (-second, TimeOffset::ZERO));
    assert_eq!(clock.sender_now(), TimeTag(6 << 32));
}

#[test]
fn a_simulated_clock_goes_as_told_and_never_back() {
    let (clock, hand) = Clock::simulated(TimeTag(u64::MAX << 32));
    let first = clock.now();
    hand.advance(Duration::from_secs(2));
    assert_eq!(clock.now(), TimeTag(1 << 32));
    hand.set(first);
    assert_eq!(clock.now(), TimeTag(1 << 32));
    hand.set(TimeTag(7 << 32));
    assert_eq!((clock.now(), hand.now()), (TimeTag(7 << 32), TimeTag(7 << 32)));
    assert_eq!((clock.is_simulated(), clock.instant(first)), (true, None));
}
