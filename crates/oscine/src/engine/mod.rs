//! The engine: what runs, in which order, and when.
//!
//! Sans-IO: it is handed packets and the time, and says what is to be run. It neither waits nor asks for the time,
//! and knows neither sockets nor handlers.

#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod engine;
pub(crate) mod unit;

pub use engine::{Engine, Handled};
pub use unit::Unit;
