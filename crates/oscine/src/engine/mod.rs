//! The engine: what runs, in which order, and when.
//!
//! Sans-IO: it is handed packets and the time, and says what is to be run. It neither waits nor asks for the time,
//! and knows neither sockets nor handlers.

pub(crate) mod due;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod engine;
pub(crate) mod handled;
#[cfg(test)]
mod random_tests;
mod selection;
pub(crate) mod steps;
#[cfg(test)]
mod stories_tests;
pub(crate) mod timing;
pub(crate) mod unit;

pub use due::DueMessage;
pub use engine::Engine;
pub use handled::Handled;
pub use steps::{RunStep, RunSteps};
pub use timing::{LatePolicy, TimePolicy, Timing};
pub use unit::Unit;
