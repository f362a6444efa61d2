//! Repeated faults in the log, once a minute.

use core::time::Duration;

use tokio::time::Instant;

/// Lets a repeated fault into the log at most once a minute, with the count.
#[derive(Debug, Default)]
pub struct Quiet {
    /// When the fault was last let through; `None` if it never was.
    last: Option<Instant>,
    held: u64,
}

impl Quiet {
    /// Nothing was held back yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { last: None, held: 0 }
    }

    /// Whether the next fault would be held back.
    #[must_use]
    pub fn is_quiet(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.saturating_duration_since(last) < INTERVAL)
    }

    /// Answers with how many faults were held back before this one, if this one is to be logged.
    #[must_use]
    pub fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.is_quiet(now) {
            self.held = self.held.saturating_add(1);
            return None;
        }
        self.last = Some(now);
        Some(core::mem::take(&mut self.held))
    }
}

const INTERVAL: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_minute_is_let_through_with_the_count() {
        let mut quiet = Quiet::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(quiet.admit(after(0)), Some(0));
        assert_eq!(quiet.admit(after(1)), None);
        assert_eq!(quiet.admit(after(59)), None);
        assert_eq!(quiet.admit(after(60)), Some(2));
        assert_eq!(quiet.admit(after(61)), None);
    }
}
