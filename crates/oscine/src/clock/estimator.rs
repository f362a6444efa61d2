//! How far a peer's clock is off, from round trips.

use std::collections::VecDeque;
use std::time::Duration;

use oscine_codec::TimeTag;
use thiserror::Error;

use crate::time_offset::TimeOffset;

/// Finds out how far a peer's clock is off, from round trips: a question, and an answer that says what time it was
/// there. Pure: it is told the times.
///
/// The peer's time is taken to lie in the middle of the round trip; what is wrong about that is half of the delay at
/// the most. So of the last samples the one with the least delay is believed.
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
/// assert_eq!(estimate.error(), Duration::from_millis(1));
/// # Ok::<(), oscine::BadSample>(())
/// ```
#[derive(Debug, Clone)]
pub struct OffsetEstimator {
    /// From the oldest to the newest.
    samples: VecDeque<Sample>,
    window: usize,
    max_delay: Duration,
    /// How many samples in a row were far off.
    jumps: usize,
}

/// One round trip that was believed.
#[derive(Debug, Clone, Copy)]
struct Sample {
    offset: TimeOffset,
    /// In steps of time tags, and not negative.
    delay: i64,
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
    /// By how much this side's clock is faster, in nanoseconds a second. `None` while there are fewer than eight
    /// samples, or less than a second between them.
    pub drift: Option<i64>,
}

impl Estimate {
    /// By how much the offset may be wrong: half of the delay.
    #[must_use]
    pub fn error(&self) -> Duration {
        self.delay / 2
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
    /// The peer's clock is far from where it was. When the third round trip in a row says so, it is believed, and the
    /// samples before it are forgotten.
    #[error("the peer's clock has jumped: the offset changed by {by}")]
    Jumped {
        /// By how much the offset changed.
        by: TimeOffset,
    },
}

/// Beyond this, and what the delays explain, an offset has jumped and not drifted: 128 ms.
const JUMP: i64 = 128 * (1 << 32) / 1000;
/// So many samples in a row that jumped are believed.
const JUMPS: usize = 3;
/// So many samples say something about drift.
const FOR_DRIFT: usize = 8;
const MAX_WINDOW: usize = 1024;

impl OffsetEstimator {
    /// An estimator that looks at the last 16 samples, of round trips of at most 10 seconds.
    #[must_use]
    pub const fn new() -> Self {
        let max_delay = Duration::from_secs(10);
        Self { samples: VecDeque::new(), window: 16, max_delay, jumps: 0 }
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
        let middle = TimeOffset::from_steps(delay / 2).incoming(sent);
        let offset = TimeOffset::between(peer, middle);
        self.check_jump(offset, delay)?;
        if self.samples.len() >= self.window {
            self.samples.pop_front();
        }
        let sample = Sample { offset, delay, received };
        self.samples.push_back(sample);
        Ok(self.estimate().unwrap_or(Estimate { offset, delay: length(delay), drift: None }))
    }

    /// What is known so far, if anything is.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let best = best(self.samples.iter())?;
        Some(Estimate { offset: best.offset, delay: length(best.delay), drift: self.drift() })
    }

    fn check_jump(&mut self, offset: TimeOffset, delay: i64) -> Result<(), BadSample> {
        let Some(best) = best(self.samples.iter()) else { return Ok(()) };
        let by = offset - best.offset;
        let explained = (delay / 2).saturating_add(best.delay / 2).saturating_add(JUMP);
        if by.steps().unsigned_abs() <= explained.unsigned_abs() {
            self.jumps = 0;
            return Ok(());
        }
        self.jumps += 1;
        if self.jumps < JUMPS {
            return Err(BadSample::Jumped { by });
        }
        self.jumps = 0;
        self.samples.clear();
        Ok(())
    }

    /// From the best of the older half to the best of the newer one.
    fn drift(&self) -> Option<i64> {
        if self.samples.len() < FOR_DRIFT {
            return None;
        }
        let half = self.samples.len() / 2;
        let older = best(self.samples.iter().take(half))?;
        let newer = best(self.samples.iter().skip(half))?;
        let passed = i128::from(newer.received.steps_since(older.received));
        if passed < 1 << 32 {
            return None;
        }
        let gained = i128::from((newer.offset - older.offset).steps());
        i64::try_from(gained * 1_000_000_000 / passed).ok()
    }
}

impl Default for OffsetEstimator {
    fn default() -> Self {
        Self::new()
    }
}

/// The sample with the least delay, the newest of these.
fn best<'a>(samples: impl DoubleEndedIterator<Item = &'a Sample>) -> Option<&'a Sample> {
    samples.rev().min_by_key(|sample| sample.delay)
}

const fn length(steps: i64) -> Duration {
    TimeOffset::from_steps(steps).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const SECOND: Duration = Duration::from_secs(1);

    /// A peer whose clock is `ahead` of ours, and a network: the question takes so long, and the answer.
    fn ask(
        estimator: &mut OffsetEstimator,
        sent: TimeTag,
        ahead: TimeOffset,
        there: Duration,
        back: Duration,
    ) -> Result<Estimate, BadSample> {
        estimator.sample(sent, ahead.incoming(sent + there), sent + there + back)
    }

    fn off_by(estimate: Estimate, ahead: TimeOffset) -> Duration {
        (estimate.offset + ahead).abs()
    }

    #[test]
    fn the_round_trip_with_the_least_delay_is_believed() {
        // In the middle of these the seconds of time tags wrap.
        let start = TimeTag(u64::MAX) - 8 * SECOND;
        for ahead in [TimeOffset::ahead(3600 * SECOND), TimeOffset::behind(MS), TimeOffset::ZERO] {
            let mut estimator = OffsetEstimator::new();
            for round in 0..40_u32 {
                // Every fourth finds no queue; the others find one, always on the same way.
                let queue = if round % 4 == 1 { Duration::ZERO } else { 10 * MS * (round % 4 + 1) };
                let estimate =
                    ask(&mut estimator, start + SECOND / 2 * round, ahead, MS + queue, MS).unwrap();
                assert!(off_by(estimate, ahead) <= estimate.error(), "{estimate:?}");
                if round > 0 {
                    assert!(off_by(estimate, ahead) < Duration::from_nanos(2), "{estimate:?}");
                    assert_eq!(estimate.delay.as_micros(), 2000);
                }
            }
            assert_eq!(estimator.samples.len(), 16);
        }
    }

    #[test]
    fn drift_is_found() {
        let start = TimeTag::from_unix(1_600_000_000, 0);
        let mut estimator = OffsetEstimator::new();
        for second in 0..30 {
            // The peer's clock loses 50 µs a second, and so ours gains.
            let ahead = TimeOffset::behind(Duration::from_micros(50) * second);
            let estimate = ask(&mut estimator, start + SECOND * second, ahead, MS, MS).unwrap();
            if second < 7 {
                assert_eq!(estimate.drift, None);
            } else {
                let drift = estimate.drift.unwrap();
                assert!((49_990..=50_010).contains(&drift), "{drift}");
            }
        }
    }

    #[test]
    fn what_is_mad_is_refused() {
        let mut estimator = OffsetEstimator::new();
        let start = TimeTag::from_unix(1_600_000_000, 0);
        let sample = |estimator: &mut OffsetEstimator, sent, peer, received| {
            estimator.sample(sent, peer, received).map(|estimate| estimate.offset)
        };
        let immediate = TimeTag::IMMEDIATE;
        assert_eq!(sample(&mut estimator, immediate, start, start), Err(BadSample::NoTime));
        assert_eq!(sample(&mut estimator, start, TimeTag(0), start), Err(BadSample::NoTime));
        let backwards = Err(BadSample::Backwards { by: MS });
        assert_eq!(sample(&mut estimator, start + MS, start, start), backwards);
        let slow = BadSample::Slow { delay: 11 * SECOND, limit: 10 * SECOND };
        assert_eq!(sample(&mut estimator, start, start, start + 11 * SECOND), Err(slow));
        assert_eq!(estimator.estimate(), None);
        assert_eq!(sample(&mut estimator, start, start, start), Ok(TimeOffset::ZERO));
        assert_eq!(sample(&mut estimator, start - SECOND, start, start - MS), backwards);
    }

    #[test]
    fn a_clock_that_jumps_is_believed_at_the_third_time() {
        let mut estimator = OffsetEstimator::new();
        let mut now = TimeTag::from_unix(1_600_000_000, 0);
        let mut ask = |ahead| {
            now = now + SECOND;
            ask(&mut estimator, now, ahead, MS, MS)
        };
        let minute = TimeOffset::ahead(60 * SECOND);
        let (here, there) =
            (ask(TimeOffset::ZERO).unwrap(), Err(BadSample::Jumped { by: -minute }));
        assert_eq!((ask(minute), ask(minute)), (there, there));
        assert_eq!(ask(TimeOffset::ZERO).unwrap().offset, here.offset, "it was a slip");
        assert_eq!((ask(minute), ask(minute)), (there, there));
        assert_eq!(ask(minute).unwrap().offset, -minute);
    }

    #[test]
    fn the_error_is_half_of_the_delay() {
        let estimate = |delay| Estimate { offset: TimeOffset::ZERO, delay, drift: None };
        assert_eq!(estimate(3 * SECOND + 3 * MS).error(), Duration::from_micros(1_501_500));
    }
}
