//! Why a packet cannot be built.

use alloc::string::String;

use thiserror::Error;

use crate::address::AddressError;

/// Why a packet cannot be built. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The address, or the address pattern, is not one.
    #[error("bad address {address:?}")]
    Address {
        /// The text that was given.
        address: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// A string holds a NUL, which would end it early on the wire.
    #[error("NUL at byte {offset} of a string")]
    NulInString {
        /// Where, in bytes from the start of the string.
        offset: usize,
    },
    /// Arrays are nested deeper than [`Limits::array_depth`](crate::Limits::array_depth).
    #[error("nested deeper than the limit of {limit}")]
    TooDeep {
        /// The limit, in levels.
        limit: u32,
    },
    /// A `]` without its `[`, or an array that was opened and not closed.
    #[error("unbalanced array brackets")]
    UnbalancedArray,
    /// A part would be larger than its 32-bit length field can say.
    #[error("{size} bytes are more than the limit of {limit}")]
    TooLarge {
        /// The size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A number does not fit the type that it was to be written as.
    #[error("value does not fit type tag '{tag}'")]
    OutOfRange {
        /// The type tag.
        tag: char,
    },
}
