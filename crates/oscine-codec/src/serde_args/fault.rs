//! The error while reading with serde.

use alloc::string::{String, ToString};
use core::fmt;

use crate::error::read::ReadError;

/// An error that may not know yet which argument it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    Read(ReadError),
    /// What a type says about its value.
    Message(String),
}

impl Fault {
    /// The error, which is about the argument at `index` if it does not say otherwise.
    pub(crate) fn at(self, index: usize) -> ReadError {
        match self {
            Self::Read(error) => error,
            Self::Message(reason) => ReadError::Value { index, reason },
        }
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Message(reason) => f.write_str(reason),
        }
    }
}

impl core::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Message(message.to_string())
    }
}
