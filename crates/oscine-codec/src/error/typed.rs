//! Why bytes are not the message that a reader wants.

use thiserror::Error;

use crate::error::decode::DecodeError;
use crate::error::read::ReadError;

/// Why bytes are not a message with the arguments that a reader wants.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TypedError {
    /// They are no packet.
    #[error("malformed packet")]
    Decode(#[from] DecodeError),
    /// They are a bundle.
    #[error("a bundle, not a message")]
    Bundle,
    /// They are a message with other arguments.
    #[error("other arguments")]
    Read(#[from] ReadError),
}
