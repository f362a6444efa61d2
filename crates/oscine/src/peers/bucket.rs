//! Counting down what a host may send.

use std::time::{Duration, Instant};

/// The right to send, which is used up packet by packet and comes back with time: a token bucket.
///
/// Exact: a packet is worth a second's nanoseconds, and each nanosecond gives back as many parts as packets a second
/// are allowed. Nothing is rounded, so nothing drifts.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// Packets a second.
    rate: u32,
    /// What there is at most.
    capacity: u64,
    /// What there was `at`.
    credit: u64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(crate) fn new(rate: u32, burst: u32, now: Instant) -> Self {
        // 0 and 0 is a bucket that is never full; otherwise a burst of 0 would never let anything pass.
        let burst = burst.max(u32::from(rate > 0));
        let capacity = u64::from(burst) * PACKET;
        Self { rate, capacity, credit: capacity, at: now }
    }

    /// Whether one more packet may pass. If so, it has.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        // Time that goes backwards gives nothing back, and takes nothing.
        let elapsed = now.saturating_duration_since(self.at);
        if !elapsed.is_zero() {
            let nanos = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
            let gained = nanos.saturating_mul(u64::from(self.rate));
            self.credit = self.credit.saturating_add(gained).min(self.capacity);
            self.at = now;
        }
        let left = self.credit.checked_sub(PACKET);
        self.credit = left.unwrap_or(self.credit);
        left.is_some()
    }

    /// When the next packet may pass; none if never.
    pub(crate) fn next(&self) -> Option<Instant> {
        let missing = PACKET.saturating_sub(self.credit);
        if missing == 0 {
            return Some(self.at);
        }
        let wait = missing.div_ceil(u64::from(self.rate.max(1)));
        self.at.checked_add(Duration::from_nanos(wait)).filter(|_| self.rate > 0)
    }

    /// Up to when what came back is counted: the latest instant that it was told.
    pub(crate) const fn at(&self) -> Instant {
        self.at
    }
}

/// What a packet takes. The largest burst, of 2^32 packets, is less than 2^62.
const PACKET: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate() -> impl Strategy<Value = u32> {
        prop_oneof![0_u32..4, 1_u32..5_000, any::<u32>()]
    }

    proptest! {
        /// Whatever stretch of time is looked at: never more than the burst and what the rate gives for it.
        #[test]
        fn never_more_than_burst_and_rate(
            rate in rate(),
            burst in 0_u32..20,
            steps in prop::collection::vec((0_u64..2_000_000_000, -20_i64..200, 1_u8..20), 1..60),
        ) {
            let start = Instant::now();
            let mut bucket = Bucket::new(rate, burst, start);
            let mut nanos = 0_u64;
            let mut latest = 0_u64;
            let mut passed: Vec<u64> = Vec::new();
            for (large, small, times) in steps {
                // Now and then long, mostly short, and at times backwards, which makes no time pass.
                let ahead = if large % 5 == 0 { i64::try_from(large).unwrap() } else { small };
                nanos = nanos.saturating_add_signed(ahead);
                latest = latest.max(nanos);
                for _ in 0..times {
                    if bucket.take(start + Duration::from_nanos(nanos)) {
                        passed.push(latest);
                    }
                }
            }
            let burst = u128::from(burst.max(u32::from(rate > 0)));
            for (first, from) in passed.iter().enumerate() {
                for (count, until) in (1_u128..).zip(&passed[first..]) {
                    let allowed = burst * u128::from(PACKET) + u128::from(until - from) * u128::from(rate);
                    prop_assert!(count * u128::from(PACKET) <= allowed, "{count} in {} ns", until - from);
                }
            }
        }

        /// At `next` one passes, and not a nanosecond earlier.
        #[test]
        fn next_is_exact(rate in rate(), burst in 0_u32..4, pause in 0_u64..1_000_000_000) {
            let start = Instant::now();
            let mut bucket = Bucket::new(rate, burst, start);
            let mut now = start + Duration::from_nanos(pause);
            // A burst of 0 is one of 1.
            let passed = (0..9).filter(|_| bucket.take(now)).count();
            prop_assert_eq!(passed, if rate == 0 { burst as usize } else { burst.max(1) as usize });
            for _ in 0..10 {
                let Some(next) = bucket.next() else {
                    prop_assert_eq!(rate, 0);
                    return Ok(());
                };
                if next > now {
                    prop_assert!(!bucket.clone().take(next - Duration::from_nanos(1)));
                }
                prop_assert!(bucket.take(next));
                now = next;
            }
        }
    }

    #[test]
    fn hours_of_an_odd_rate_do_not_drift() {
        let start = Instant::now();
        // Two at once, so that asking a little late loses nothing.
        let mut bucket = Bucket::new(7, 2, start);
        assert!(bucket.take(start) && bucket.take(start) && !bucket.take(start));
        let (mut passed, mut nanos) = (0, 0);
        for _ in 0..1_000_000 {
            nanos += 10_000_003;
            passed += u64::from(bucket.take(start + Duration::from_nanos(nanos)));
        }
        assert_eq!(passed, nanos * 7 / PACKET);
    }
}
