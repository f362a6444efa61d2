//! Handlers that stay on one thread.

pub(crate) mod call;
pub(crate) mod driving;
pub(crate) mod error;
pub(crate) mod handler;
pub(crate) mod handlers;
pub(crate) mod here;
pub(crate) mod link;
pub(crate) mod owner;

pub use error::LocalError;
pub use handler::LocalHandler;
pub use handlers::LocalHandlers;
