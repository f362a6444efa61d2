//! When a clock that is far from where it was is believed.

use std::time::Duration;

use oscine_codec::TimeTag;

use crate::time_offset::TimeOffset;

/// Samples in a row that are far off: one may be a slip, but not three that agree with each other.
#[derive(Debug, Clone)]
pub(crate) struct Jumps<S>(Option<(S, usize)>);

impl<S: Copy> Jumps<S> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// A sample was where it was expected.
    pub(crate) const fn settle(&mut self) {
        self.0 = None;
    }

    /// Takes one more that is far off. Says whether it is believed now.
    pub(crate) fn add(&mut self, sample: S, agrees: impl FnOnce(S) -> bool) -> bool {
        let jumps = match self.0 {
            Some((last, jumps)) if agrees(last) => jumps + 1,
            _ => 1,
        };
        let believed = jumps >= JUMPS;
        self.0 = if believed { None } else { Some((sample, jumps)) };
        believed
    }
}

/// By how much clocks drift apart in so much time: two crystals that are each as bad as they may be.
pub(crate) const fn drift(steps: i64) -> i64 {
    steps / DRIFT as i64
}

/// The same as time.
pub(crate) fn drifted(time: Duration) -> Duration {
    time / DRIFT
}

/// How long that was, in steps, and not negative.
pub(crate) fn passed(since: TimeTag, until: TimeTag) -> i64 {
    until.steps_since(since).max(0)
}

/// Beyond this, and what else explains it, an offset has jumped and not drifted: 128 ms, as in NTP.
pub(crate) const JUMP: i64 = 128 * (1 << 32) / 1000;

/// So many samples in a row that jumped are believed, if they agree.
const JUMPS: usize = 3;

/// One part in so many, 50 millionths.
const DRIFT: u32 = 20_000;

/// A length of time in steps, as a duration.
pub(crate) const fn length(steps: i64) -> Duration {
    TimeOffset::from_steps(steps).abs()
}
