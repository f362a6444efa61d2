//! The queue of what is to run later: a pure value, without a clock.

pub(crate) mod limits;
pub(crate) mod queue;

pub use limits::{Overflow, ScheduleLimits};
pub use queue::{Schedule, ScheduleKey};
