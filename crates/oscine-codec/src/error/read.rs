//! Why arguments are not those that the reader wants.

use alloc::string::String;

use thiserror::Error;

/// Why the arguments of a message are not those that the reader wants.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The message ends before the reader has all it wants.
    #[error("argument {index} missing: expected {expected}")]
    Missing {
        /// Which argument, counted from 0.
        index: usize,
        /// What the reader wanted.
        expected: &'static str,
    },
    /// The message has more arguments than the reader takes.
    #[error("argument {index} not expected: found type tag '{found}'")]
    Surplus {
        /// Which argument, counted from 0.
        index: usize,
        /// The type tag of the first argument too many.
        found: char,
    },
    /// An argument is of another type.
    #[error("argument {index}: expected {expected}, found type tag '{found}'")]
    Type {
        /// Which argument, counted from 0.
        index: usize,
        /// What the reader wanted.
        expected: &'static str,
        /// The type tag that is there.
        found: char,
    },
    /// An argument is of the right type, but its value is not one that the reader can take.
    #[error("argument {index}: {reason}")]
    Value {
        /// Which argument, counted from 0.
        index: usize,
        /// What is wrong with the value.
        reason: String,
    },
}
