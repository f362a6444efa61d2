//! Why nothing may block here.

use std::io;

use thiserror::Error;

/// Why a blocking call was refused, or could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BlockingError {
    /// The call was made in a thread of an async runtime, whose other tasks it would hold up. The
    /// caller's fault: [`Client`](crate::Client) is for there.
    #[error("a blocking call inside of an async runtime")]
    InsideRuntime,
    /// The system has no thread left, or none of what a runtime needs.
    #[error("no thread for the blocking client")]
    Thread(#[source] io::Error),
}
