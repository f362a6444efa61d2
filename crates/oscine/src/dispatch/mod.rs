//! From messages to handlers.

pub(crate) mod cache;
pub(crate) mod caller;
pub(crate) mod dispatched;
pub(crate) mod dispatcher;
pub(crate) mod reached;

pub use dispatched::Dispatched;
pub use dispatcher::Dispatcher;
