//! What is known of a peer's clock.

use std::time::Duration;

use crate::peers::learn::way::LearnOffset;
use crate::time_offset::TimeOffset;

/// What a server has learned of a peer's clock: a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerClock {
    /// Where it is from.
    pub learned: LearnOffset,
    /// What is added to the peer's time tags, to have them by the server's line, [`Clock::now`](crate::Clock::now).
    /// `None` while nothing is known.
    pub offset: Option<TimeOffset>,
    /// By how much the offset may be wrong, when the peer was [asked](LearnOffset::Asking): see
    /// [`Estimate::error`](crate::Estimate::error). `None` where nobody can know.
    pub error: Option<Duration>,
    /// By how much the server's clock is faster, in nanoseconds a second, when that is known.
    pub drift: Option<i64>,
    /// How often the peer has told its time, and was believed.
    pub samples: u64,
    /// How often it was not believed: it is none, cannot be, or has jumped.
    pub refused: u64,
    /// Questions that were not answered in time.
    pub unanswered: u64,
}
