//! The time that bundles are measured by.

use std::time::{Duration, Instant, SystemTime};

use oscine_codec::TimeTag;

/// The system's time, made monotonic: read once, and carried on by the monotonic clock from there.
///
/// A step of the wall clock moves no deadline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    tag: TimeTag,
    instant: Instant,
}

impl Clock {
    /// A clock that agrees with the system's time as it is now.
    pub(crate) fn system() -> Self {
        let tag = TimeTag::from(SystemTime::now());
        // The instant comes second, so the clock is never ahead of the system's: nothing runs early.
        Self { tag, instant: Instant::now() }
    }

    /// The time now.
    pub(crate) fn now(&self) -> TimeTag {
        self.at(Instant::now())
    }

    /// The time at `instant`, rounded down.
    pub(crate) fn at(&self, instant: Instant) -> TimeTag {
        self.tag + instant.saturating_duration_since(self.instant)
    }

    /// When the clock says `tag`; never before that. `None` when the system cannot count so far.
    pub(crate) fn instant(&self, tag: TimeTag) -> Option<Instant> {
        // A nanosecond is about four steps of a time tag: one more makes up for rounding.
        let ahead = tag.saturating_since(self.tag) + Duration::from_nanos(1);
        self.instant.checked_add(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_instant_of_a_tag_the_tag_is_due() {
        let clock = Clock::system();
        for steps in (0..10_000_000_000).step_by(12_345_678) {
            let tag = TimeTag(clock.tag.0 + steps);
            assert!(clock.at(clock.instant(tag).unwrap()) >= tag);
        }
    }

    #[test]
    fn the_clock_is_not_ahead_of_the_system() {
        let clock = Clock::system();
        let ours = clock.now();
        assert!(ours <= TimeTag::from(SystemTime::now()));
    }
}
