//! From messages to handlers.

pub(crate) mod cache;
pub(crate) mod caller;
pub(crate) mod dispatched;
pub(crate) mod dispatcher;
pub(crate) mod doorkeeper;
pub(crate) mod ending;
pub(crate) mod let_go;
pub(crate) mod overlap;
pub(crate) mod reached;
pub(crate) mod run;
pub(crate) mod view;

#[cfg(test)]
mod held_tests;

pub use dispatched::Dispatched;
pub use dispatcher::Dispatcher;
