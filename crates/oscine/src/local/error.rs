//! Why a local handler was not called.

use std::time::Duration;

use thiserror::Error;

/// Why a handler of [`LocalHandlers`](crate::LocalHandlers) was not called, or not to its end.
///
/// It is what the handler fails with: counted, traced, and told as
/// [`Fault::HandlerFailed`](crate::Fault::HandlerFailed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The [`LocalHandlers`](crate::LocalHandlers) that it belongs to have been dropped.
    #[error("the owner of the handler has gone")]
    Gone,
    /// Its owner has given no sign of life for longer than its patience. Until it is back, calls fail at once.
    #[error("the owner of the handler has run nothing for {patience:?}")]
    Away {
        /// How long it may stay away.
        patience: Duration,
    },
    /// As many calls as may be wait for its owner.
    #[error("{waiting} calls wait for the owner of the handler already")]
    Full {
        /// How many that are.
        waiting: usize,
    },
}
