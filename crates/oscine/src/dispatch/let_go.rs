//! Dropping what handlers have captured.

use oscine_transport::guard::guarded;
use tracing::error;

/// Drops what may be the last of a handler that is registered no longer. What that has captured may do anything when it
/// is dropped; if it panics, whoever dispatches goes on.
pub(crate) fn let_go<T>(gone: T) {
    if guarded(|| drop(gone)).is_none() {
        error!("what a handler has captured panicked when it was dropped");
    }
}
