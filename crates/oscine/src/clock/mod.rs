//! The time that bundles are measured by.
//!
//! [`Clock`] is the engine's time line: monotonic, and told apart from the wall clock that senders write their time
//! tags by. [`SimulatedClock`] is one for tests, whose time is told. [`OffsetEstimator`] finds out how far a peer's
//! clock is off.

pub(crate) mod beacons;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod clock;
pub(crate) mod estimator;
#[cfg(test)]
mod estimator_properties_tests;
#[cfg(test)]
mod estimator_tests;
pub(crate) mod jumps;
#[cfg(test)]
mod properties_tests;
pub(crate) mod simulated;
pub(crate) mod source;
#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use estimator::{BadSample, Estimate, OffsetEstimator};
pub use simulated::SimulatedClock;
