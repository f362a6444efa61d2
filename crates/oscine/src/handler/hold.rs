//! What begins before its time.

use std::hint::spin_loop;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Keeps what has begun a little before its time from being noticed before. All that it takes to find and to call a
/// handler lies in the caches of the processor then.
#[derive(Debug)]
pub(crate) struct Hold {
    until: Instant,
    over: OnceLock<Instant>,
}

impl Hold {
    /// Until this time, which must be near: nobody else runs on the thread meanwhile.
    pub(crate) const fn until(until: Instant) -> Self {
        Self { until, over: OnceLock::new() }
    }

    /// Spins until its time has come.
    pub(crate) fn wait(&self) {
        self.over.get_or_init(|| {
            loop {
                let now = Instant::now();
                if now >= self.until {
                    return now;
                }
                spin_loop();
            }
        });
    }

    /// Whether it has been waited for.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get().is_some()
    }

    /// How much after its time the wait was over; waits if it is not over yet.
    pub(crate) fn late(&self) -> Duration {
        self.wait();
        self.over.get().map_or(Duration::ZERO, |over| over.duration_since(self.until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_over_early_and_only_once() {
        for micros in [0, 1, 20, 50, 1_000] {
            let until = Instant::now() + Duration::from_micros(micros);
            let hold = Hold::until(until);
            assert!(!hold.is_over());
            hold.wait();
            assert!(hold.is_over());
            assert!(Instant::now() >= until, "{micros} µs");
            let late = hold.late();
            std::thread::sleep(Duration::from_millis(1));
            assert_eq!(hold.late(), late);
        }
    }
}
