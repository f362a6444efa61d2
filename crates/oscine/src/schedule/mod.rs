//! The queue of what is to run later: a pure value, without a clock.

pub(crate) mod limits;
mod owners;
pub(crate) mod queue;
mod slot;
pub(crate) mod survey;
#[cfg(test)]
mod tests;
pub(crate) mod waiting;
mod wheel;

pub use limits::{Overflow, ScheduleLimits};
pub use queue::Schedule;
pub use waiting::{ScheduleKey, Waiting};
