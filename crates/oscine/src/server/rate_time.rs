//! The time by which rates are counted.

use std::time::Instant;

use oscine_codec::TimeTag;

use crate::clock::clock::Clock;
use crate::clock::source::Start;

/// The time by which rates are counted: that of the server's clock, as instants.
///
/// So what a simulated clock does not let pass does not bring back the right to send, and what is held back runs when
/// the hand of that clock says so.
#[derive(Debug)]
pub(crate) struct RateTime {
    clock: Clock,
    /// Where the line of the clock lies among instants.
    start: Start,
    /// Whether instants of the system are instants of the clock.
    is_system: bool,
}

impl RateTime {
    pub(crate) fn new(clock: Clock) -> Self {
        let here = || Start { tag: clock.now(), instant: Instant::now() };
        let start = clock.start().unwrap_or_else(here);
        Self { start, is_system: clock.is_system(), clock }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Instant {
        if self.is_system { Instant::now() } else { self.simulated() }
    }

    /// When a packet arrived that was read `at` an instant of the system. Costs nothing with the system's clock.
    #[inline]
    pub(crate) fn arrived(&self, at: Instant) -> Instant {
        if self.is_system { at } else { self.simulated() }
    }

    /// The time by the line at which [`now`](Self::now) says `instant`.
    pub(crate) fn line(&self, instant: Instant) -> TimeTag {
        self.start.tag + instant.saturating_duration_since(self.start.instant)
    }

    fn simulated(&self) -> Instant {
        let passed = self.clock.now().since(self.start.tag);
        self.start.instant.checked_add(passed).unwrap_or(self.start.instant)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn simulated_time_is_told_to_the_nanosecond() {
        // Shortly before the seconds wrap.
        let (clock, hand) = Clock::simulated(TimeTag(u64::MAX - (1 << 33)));
        let time = RateTime::new(clock.clone());
        let start = time.now();
        for nanos in [1, 10, 333_333_333, 1_000_000_000, 3_600_000_000_007] {
            let due = time.now() + Duration::from_nanos(nanos);
            assert!(time.line(due).is_after(clock.now()));
            hand.set(time.line(due));
            assert_eq!((time.now(), time.arrived(start)), (due, due));
        }
    }

    #[test]
    fn the_systems_time_is_that_of_the_system() {
        let clock = Clock::system();
        let time = RateTime::new(clock.clone());
        let before = Instant::now();
        assert_eq!(time.arrived(before), before);
        assert!(time.now() >= before);
        let due = before + Duration::from_millis(7);
        // The timer never wakes too early for it.
        assert!(clock.instant(time.line(due)).unwrap() >= due);
    }
}
