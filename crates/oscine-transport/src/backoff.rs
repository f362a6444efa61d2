//! How long to wait after repeated failures.

use core::time::Duration;

/// How long to wait after repeated failures: not at all at first, then twice as long each time.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    /// So many failures in a row cost no wait.
    free: u32,
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) const fn new(free: u32, first: Duration, longest: Duration) -> Self {
        Self { free, first, longest, failures: 0 }
    }

    /// Counts a failure and says how long to wait before the next attempt.
    pub(crate) fn fail(&mut self) -> Duration {
        let doublings = self.failures.checked_sub(self.free);
        self.failures = self.failures.saturating_add(1);
        match doublings {
            None => Duration::ZERO,
            Some(doublings) => {
                let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
                self.first.saturating_mul(factor).min(self.longest)
            }
        }
    }

    /// Begins again, after an attempt that did not fail.
    pub(crate) fn succeed(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_nothing_to_the_longest() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(2, ms(1), ms(5));
        let waits: Vec<_> = (0..7).map(|_| backoff.fail()).collect();
        assert_eq!(waits, [ms(0), ms(0), ms(1), ms(2), ms(4), ms(5), ms(5)]);
        backoff.succeed();
        assert_eq!(backoff.fail(), ms(0));
    }

    #[test]
    fn failures_without_end_overflow_nothing() {
        let longest = Duration::from_secs(1);
        let mut backoff = Backoff::new(0, Duration::from_millis(10), longest);
        for _ in 0..100 {
            assert!(backoff.fail() <= longest);
        }
        assert_eq!(backoff.fail(), longest);
    }
}
