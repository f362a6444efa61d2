//! How long one source runs before the others have their turns.

use std::time::{Duration, Instant};

/// The turn of a source that may have thousands of packets at once. Looks at the clock seldom, as most packets take less
/// time than that.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    packets: usize,
    since: Option<Instant>,
}

/// After so many packets the clock is looked at.
const LOOK: usize = 16;

/// So long a turn is.
const TURN: Duration = Duration::from_micros(500);

impl Turn {
    /// One more packet is through: whether the others are to have their turns.
    #[inline]
    pub(crate) fn is_over(&mut self) -> bool {
        self.packets += 1;
        self.packets % LOOK == 0 && self.look()
    }

    #[cold]
    fn look(&mut self) -> bool {
        let now = Instant::now();
        now.saturating_duration_since(*self.since.get_or_insert(now)) >= TURN
    }
}
