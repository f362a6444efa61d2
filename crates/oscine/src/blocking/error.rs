//! Why nothing may block here.

use std::io;

use thiserror::Error;

use crate::server::endpoint::bind_error::BindError;
use crate::server::serve_error::ServeError;

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
    /// The server could not be bound.
    #[error("cannot be bound")]
    Bind(#[from] BindError),
    /// The server has ended.
    #[error("the server has ended")]
    Serve(#[from] ServeError),
}
