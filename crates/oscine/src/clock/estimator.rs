//! How far a peer's clock is off, from round trips.

use std::collections::VecDeque;
use std::time::Duration;

use oscine_codec::TimeTag;
use thiserror::Error;

use crate::clock::jumps::{JUMP, Jumps, drift, drifted, length, passed};
use crate::time_offset::TimeOffset;

/// Finds out how far a peer's clock is off, from round trips: a question, and an answer that says what time it was
/// there. Pure: it is told the times.
///
/// The peer's time is taken to lie in the middle of the round trip; what is wrong about that is half of the delay at
/// the most. And clocks drift, by 50 millionths of the time that has passed, say. So of the last samples the one is
/// believed that may be wrong by the least: mostly that with the least delay.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oscine::{OffsetEstimator, TimeOffset, TimeTag};
///
/// let mut estimator = OffsetEstimator::new();
/// let sent = TimeTag::from_unix(1_600_000_000, 0);
/// let received = sent + Duration::from_millis(2);
/// let theirs = TimeTag::from_unix(1_600_000_060, 1_000_000);
/// let estimate = estimator.sample(sent, theirs, received)?;
/// assert_eq!(estimate.offset, TimeOffset::behind(Duration::from_secs(60)));
/// assert_eq!(estimate.delay, Duration::from_millis(2));
/// assert!(estimate.error() < Duration::from_micros(1_001));
/// # Ok::<(), oscine::BadSample>(())
/// ```
#[derive(Debug, Clone)]
pub struct OffsetEstimator {
    /// From the oldest to the newest.
    samples: VecDeque<Sample>,
    window: usize,
    max_delay: Duration,
    jumps: Jumps<Sample>,
}

/// One round trip that was believed.
#[derive(Debug, Clone, Copy)]
struct Sample {
    offset: TimeOffset,
    /// In steps of time tags, and not negative.
    delay: i64,
    sent: TimeTag,
    received: TimeTag,
}

/// How far a peer's clock is off, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// How far this side's clock is ahead: what to add to the peer's time tags.
    pub offset: TimeOffset,
    /// The delay of the round trip that says so, there and back.
    pub delay: Duration,
    /// How long before the end of the last round trip the question of this one was sent.
    pub age: Duration,
    /// By how much this side's clock is faster, in nanoseconds a second. `None` while there are fewer than eight
    /// samples, or less than a second between them.
    pub drift: Option<i64>,
}

impl Estimate {
    /// By how much the offset may be wrong, at the end of the last round trip: half of the delay, and 50 millionths of
    /// the age, for clocks that drift apart by no more than that.
    #[must_use]
    pub fn error(&self) -> Duration {
        self.delay / 2 + drifted(self.age)
    }
}

/// Why a round trip is not believed. The estimate is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadSample {
    /// One of the times is [`TimeTag::IMMEDIATE`], or zero.
    #[error("a time tag that is no time")]
    NoTime,
    /// It ended before it began, or before the one before it had ended.
    #[error("{by:?} before the round trip began, or the last one ended")]
    Backwards {
        /// How much too early it ended.
        by: Duration,
    },
    /// It took too long to say anything.
    #[error("a round trip of {delay:?}, longer than {limit:?}")]
    Slow {
        /// How long it took.
        delay: Duration,
        /// The limit.
        limit: Duration,
    },
    /// The peer's clock is far from where it was. When three round trips in a row say so, and agree with each other, the
    /// third is believed, and the samples before are forgotten.
    #[error("the peer's clock has jumped: the offset changed by {by}")]
    Jumped {
        /// By how much the offset changed.
        by: TimeOffset,
    },
}

/// So many samples say something about drift.
const FOR_DRIFT: usize = 8;
const MAX_WINDOW: usize = 1024;

impl OffsetEstimator {
    /// An estimator that looks at the last 16 samples, of round trips of at most 10 seconds.
    #[must_use]
    pub const fn new() -> Self {
        let max_delay = Duration::from_secs(10);
        Self { samples: VecDeque::new(), window: 16, max_delay, jumps: Jumps::new() }
    }

    /// How many samples are looked at, 1 to 1024. Default 16. More of them find a round trip without queues more
    /// often; fewer follow a clock that drifts more closely.
    #[must_use]
    pub const fn window(mut self, samples: usize) -> Self {
        self.window = match samples {
            0 => 1,
            1..=MAX_WINDOW => samples,
            _ => MAX_WINDOW,
        };
        self
    }

    /// How long a round trip may take. Default 10 s.
    #[must_use]
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// Takes a round trip in: when the question was sent, what time it was for the peer, when the answer was received.
    ///
    /// # Errors
    ///
    /// [`BadSample`] says why it is not believed.
    pub fn sample(
        &mut self,
        sent: TimeTag,
        peer: TimeTag,
        received: TimeTag,
    ) -> Result<Estimate, BadSample> {
        if [sent, peer, received].iter().any(|tag| tag.0 <= TimeTag::IMMEDIATE.0) {
            return Err(BadSample::NoTime);
        }
        let last = self.samples.back().map_or(sent, |last| last.received);
        for earlier in [sent, last] {
            if earlier.is_after(received) {
                return Err(BadSample::Backwards { by: earlier.since(received) });
            }
        }
        if received.since(sent) > self.max_delay {
            let (delay, limit) = (received.since(sent), self.max_delay);
            return Err(BadSample::Slow { delay, limit });
        }
        let delay = received.steps_since(sent);
        if delay < 0 {
            // Half an era apart, they are neither before nor after each other.
            return Err(BadSample::Backwards { by: length(delay) });
        }
        let middle = TimeOffset::from_steps(delay / 2).incoming(sent);
        let offset = TimeOffset::between(peer, middle);
        let sample = Sample { offset, delay, sent, received };
        self.check_jump(sample)?;
        if self.samples.len() >= self.window {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        Ok(self.told(sample, received))
    }

    /// What is known so far, if anything is.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let newest = self.samples.back()?;
        Some(self.told(*newest, newest.received))
    }

    /// What the best of the samples says, when the newest one ended at `now`.
    fn told(&self, newest: Sample, now: TimeTag) -> Estimate {
        let best = best(self.samples.iter(), now).copied().unwrap_or(newest);
        let (delay, age) = (length(best.delay), now.since(best.sent));
        Estimate { offset: best.offset, delay, age, drift: self.drift() }
    }

    fn check_jump(&mut self, sample: Sample) -> Result<(), BadSample> {
        let Some(newest) = self.samples.back() else { return Ok(()) };
        let best = *best(self.samples.iter(), newest.received).unwrap_or(newest);
        if sample.agrees(best) {
            self.jumps.settle();
        } else if self.jumps.add(sample, |last| sample.agrees(last)) {
            self.samples.clear();
        } else {
            let by = TimeOffset::from_steps(sample.offset.steps_past(best.offset));
            return Err(BadSample::Jumped { by });
        }
        Ok(())
    }

    /// From the best of the older half to the best of the newer one.
    fn drift(&self) -> Option<i64> {
        if self.samples.len() < FOR_DRIFT {
            return None;
        }
        let half = self.samples.len() / 2;
        let older = least_delay(self.samples.iter().take(half))?;
        let newer = least_delay(self.samples.iter().skip(half))?;
        let passed = i128::from(newer.received.steps_since(older.received));
        if passed < 1 << 32 {
            return None;
        }
        let gained = i128::from(newer.offset.steps_past(older.offset)) * 1_000_000_000;
        // To the nearest.
        i64::try_from((gained + passed / 2).div_euclid(passed)).ok()
    }
}

impl Sample {
    /// Whether it is no further from an earlier one than delays, drift and a small step of the clock explain.
    fn agrees(self, earlier: Self) -> bool {
        let by = self.offset.steps_past(earlier.offset);
        let drift = drift(passed(earlier.sent, self.received));
        let explained = [self.delay / 2, earlier.delay / 2, drift, JUMP];
        let explained = explained.into_iter().fold(0_i64, i64::saturating_add);
        by.unsigned_abs() <= explained.unsigned_abs()
    }
}

impl Default for OffsetEstimator {
    fn default() -> Self {
        Self::new()
    }
}

/// The sample that may be wrong by the least at `now`, the newest of these.
fn best<'a>(
    samples: impl DoubleEndedIterator<Item = &'a Sample>,
    now: TimeTag,
) -> Option<&'a Sample> {
    let wrong =
        |sample: &&Sample| (sample.delay / 2).saturating_add(drift(passed(sample.sent, now)));
    samples.rev().min_by_key(wrong)
}

/// The sample with the least delay, the newest of these.
fn least_delay<'a>(samples: impl DoubleEndedIterator<Item = &'a Sample>) -> Option<&'a Sample> {
    samples.rev().min_by_key(|sample| sample.delay)
}
