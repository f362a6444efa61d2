//! Why a packet cannot be built.

use alloc::string::String;

use thiserror::Error;

use crate::address::AddressError;
use crate::tolerances::Tolerances;

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
    /// The buffer that was given has no room for the packet.
    #[error("{needed} bytes needed, room for {available}")]
    NoRoom {
        /// The size of the packet in bytes.
        needed: usize,
        /// The size of the buffer in bytes.
        available: usize,
    },
    /// A value that describes itself by serde cannot be written.
    #[error("{reason}")]
    Unsupported {
        /// What it says itself.
        reason: String,
    },
    /// A value of one type cannot be written as the other type that was asked for.
    #[error("value of type '{found}' cannot be written as type '{tag}'")]
    WrongType {
        /// The type tag that was asked for.
        tag: char,
        /// The value's own.
        found: char,
    },
    /// A type tag that was asked for is none.
    #[error("unknown type tag {tag:?}")]
    UnknownTag {
        /// What was asked for.
        tag: char,
    },
    /// There are fewer values than type tags, in the list or in an array.
    #[error("no value for type tag '{tag}'")]
    MissingValue {
        /// The first type tag without a value.
        tag: char,
    },
    /// There are more values than type tags, in the list or in an array.
    #[error("value {index} has no type tag")]
    SurplusValue {
        /// The place of the first value without a type tag, counted from 0; each bracket counts.
        index: usize,
    },
    /// A type tag that is not in the set of [`MessageBuilder::only_tags`](crate::MessageBuilder::only_tags).
    #[error("type tag '{tag}' is not allowed")]
    TagNotAllowed {
        /// The type tag.
        tag: char,
    },
    /// A character beyond ASCII, and [`MessageBuilder::ascii_only`](crate::MessageBuilder::ascii_only) is set.
    #[error("character {character:?} is not ASCII")]
    NotAscii {
        /// The first of them; U+FFFD for a `c` that is no character at all.
        character: char,
    },
    /// A packet that was decoded with a tolerance that a bundle cannot carry on: elements of it were left out, or its
    /// length is not a multiple of 4.
    #[error("decoded with {tolerances:?}, which cannot be passed on in a bundle")]
    Tolerated {
        /// What decoding made use of.
        tolerances: Tolerances,
    },
    /// A number does not fit the type that it was to be written as.
    #[error("value does not fit type tag '{tag}'")]
    OutOfRange {
        /// The type tag.
        tag: char,
    },
}
