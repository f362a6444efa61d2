//! How late bundles run.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest lateness that is told apart from longer ones: an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// How many decimal digits are told apart.
const DIGITS: u8 = 2;

/// How late the bundles were run that had waited, from their time tags to the call of the first handler. A snapshot;
/// see [`ServerHandle::lateness`](crate::ServerHandle::lateness).
///
/// Values are exact to two digits, up to an hour. What is later counts as an hour.
#[derive(Clone, PartialEq)]
pub struct LatenessHistogram(Histogram<u64>);

/// The most usual questions to a [`LatenessHistogram`]; zero as long as no bundle has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LatenessStats {
    /// How many bundles have waited and run.
    pub bundles: u64,
    /// The least lateness.
    pub min: Duration,
    /// Half of them were no later than this.
    pub p50: Duration,
    /// 99 of 100 were no later than this.
    pub p99: Duration,
    /// The greatest lateness.
    pub max: Duration,
}

impl LatenessHistogram {
    /// How many bundles have waited and run.
    #[must_use]
    pub fn bundles(&self) -> u64 {
        self.0.len()
    }

    /// The lateness that so great a part of the bundles did not exceed: 0.5 is the median. Zero if there are none.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Duration {
        Duration::from_nanos(self.0.value_at_quantile(part))
    }

    /// How many bundles were this late, by ranges that each double the one before: the end of each range, the first of
    /// which is `first`, and how many bundles lie in it. At least a nanosecond is taken for `first`.
    pub fn doubling(&self, first: Duration) -> impl Iterator<Item = (Duration, u64)> {
        let first = u64::try_from(first.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.0.iter_log(first, 2.0).map(|step| {
            let end = step.value_iterated_to().saturating_add(1);
            (Duration::from_nanos(end), step.count_since_last_iteration())
        })
    }

    /// How late the bundles were that have run since, and how many were that late.
    #[cfg(feature = "metrics")]
    pub(crate) fn since(&self, before: Option<&Self>) -> impl Iterator<Item = (Duration, u64)> {
        self.0.iter_recorded().filter_map(move |step| {
            let late = step.value_iterated_to();
            let known = before.map_or(0, |before| before.0.count_at(late));
            let more = step.count_at_value().checked_sub(known).filter(|&more| more > 0)?;
            Some((Duration::from_nanos(late), more))
        })
    }

    /// The most usual questions.
    #[must_use]
    pub fn stats(&self) -> LatenessStats {
        if self.0.is_empty() {
            return LatenessStats::default();
        }
        LatenessStats {
            bundles: self.bundles(),
            min: Duration::from_nanos(self.0.min()),
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
            max: Duration::from_nanos(self.0.max()),
        }
    }
}

/// Its [`stats`](LatenessHistogram::stats), and not the thousands of counts behind them.
impl fmt::Debug for LatenessHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatenessHistogram").field(&self.stats()).finish()
    }
}

/// Where a running server notes how late bundles are.
///
/// Whoever reads takes what is new by exchanging it for an empty one, and adds it up by itself: a histogram is 36 KB,
/// and the server must not wait until it is copied.
#[derive(Debug)]
pub(crate) struct Lateness {
    /// What has been noted since the last time that somebody read. Locked for a moment only.
    new: Mutex<Histogram<u64>>,
    read: Mutex<Read>,
}

/// What readers have.
#[derive(Debug)]
struct Read {
    /// What has been read.
    sum: Histogram<u64>,
    /// An empty one, to be exchanged for the new.
    spare: Histogram<u64>,
}

impl Default for Lateness {
    #[expect(clippy::expect_used, reason = "fails for other bounds only")]
    fn default() -> Self {
        let empty = Histogram::new_with_max(LONGEST, DIGITS);
        let empty = empty.expect("bounds that a histogram can have");
        let read = Read { sum: empty.clone(), spare: empty.clone() };
        Self { new: Mutex::new(empty), read: Mutex::new(read) }
    }
}

impl Lateness {
    pub(crate) fn note(&self, late: Duration) {
        lock(&self.new).saturating_record(u64::try_from(late.as_nanos()).unwrap_or(u64::MAX));
    }

    pub(crate) fn read(&self) -> LatenessHistogram {
        let mut read = lock(&self.read);
        let Read { sum, spare } = &mut *read;
        std::mem::swap(&mut *lock(&self.new), spare);
        let added = sum.add(&*spare);
        debug_assert!(added.is_ok(), "all have the same bounds: {added:?}");
        spare.reset();
        LatenessHistogram(sum.clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_loses_nothing_and_does_not_keep_the_server_from_noting() {
        let lateness = Lateness::default();
        lateness.note(Duration::from_micros(3));
        // As while somebody copies.
        let reader = lock(&lateness.read);
        lateness.note(Duration::from_micros(9));
        drop(reader);
        const EACH: u64 = 20_000;
        std::thread::scope(|scope| {
            scope.spawn(|| (1..=EACH).for_each(|nanos| lateness.note(Duration::from_nanos(nanos))));
            let mut before = 2;
            while before < EACH {
                let now = lateness.read().bundles();
                assert!(now >= before, "{now} after {before}");
                before = now;
            }
        });
        let stats = lateness.read().stats();
        assert_eq!((stats.bundles, stats.min), (EACH + 2, Duration::from_nanos(1)));
        assert_eq!(lateness.read(), lateness.read());
    }

    #[test]
    fn quantiles_and_ranges() {
        let lateness = Lateness::default();
        assert_eq!(lateness.read().stats(), LatenessStats::default());
        for micros in 1..=1000 {
            lateness.note(Duration::from_micros(micros));
        }
        lateness.note(Duration::MAX);
        let stats = lateness.read().stats();
        assert_eq!(stats.bundles, 1001);
        let near = |value: Duration, micros: u64| {
            let off = value.abs_diff(Duration::from_micros(micros));
            assert!(off * 50 <= Duration::from_micros(micros), "{value:?} is not {micros} µs");
        };
        near(stats.p50, 500);
        near(stats.p99, 990);
        near(stats.max, 3_600_000_000);
        let histogram = lateness.read();
        assert_eq!(format!("{histogram:?}"), format!("LatenessHistogram({stats:?})"));
        let ranges: Vec<_> = histogram.doubling(Duration::from_micros(250)).collect();
        assert_eq!(ranges.iter().map(|(_, count)| count).sum::<u64>(), 1001);
        assert!(ranges.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
