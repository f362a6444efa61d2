//! What can go wrong with an address table.

use alloc::string::String;

use thiserror::Error;

/// Why a packet cannot be expanded, and the offset of the byte where that shows.
///
/// # Examples
///
/// ```
/// use oscine_codec::transform::{AddressTable, TableErrorKind};
///
/// let table = AddressTable::new([("/mixer/gain", 1)])?;
/// let error = table.expand(b"/\0\0\0\0\0\0\x02,\0\0\0").unwrap_err();
/// assert_eq!(error.kind(), TableErrorKind::UnknownKey { key: 2 });
/// assert_eq!(error.to_string(), "no address has key 2 at byte 4");
/// # Ok::<(), oscine_codec::transform::EntryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{kind} at byte {offset}")]
pub struct TableError {
    kind: TableErrorKind,
    offset: usize,
}

impl TableError {
    pub(crate) const fn new(kind: TableErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> TableErrorKind {
        self.kind
    }

    /// Where it is wrong, in bytes from the start of the packet as it was received.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// What is wrong with a packet that was to be expanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum TableErrorKind {
    /// A key that the table does not have.
    #[error("no address has key {key}")]
    UnknownKey {
        /// The key.
        key: i32,
    },
    /// The message ends within the key.
    #[error("4 bytes needed for a key, {available} left")]
    TruncatedKey {
        /// How many bytes there are.
        available: usize,
    },
    /// There is no type tag string behind the key.
    #[error("type tag string missing behind a key")]
    MissingTypeTags,
    /// The expanded packet is larger than [`Limits::packet_size`](crate::Limits::packet_size).
    #[error("expanded packet is larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Bundles are nested deeper than [`Limits::depth`](crate::Limits::depth).
    #[error("nested deeper than the limit of {limit}")]
    TooDeep {
        /// The limit, in levels.
        limit: u32,
    },
}

/// Why a table cannot be made: the fault of who lists its entries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum EntryError {
    /// An address that no message can carry: it does not begin with a slash, or holds a NUL.
    #[error("{address:?} is no address")]
    Address {
        /// The address.
        address: String,
    },
    /// The first byte of the key is that of a comma, so a message with it would look like one to `/`.
    #[error("key {key} begins with the byte of a comma")]
    ReservedKey {
        /// The key.
        key: i32,
    },
    /// Two entries have the same address.
    #[error("{address:?} is listed twice")]
    AddressTwice {
        /// The address.
        address: String,
    },
    /// Two entries have the same key.
    #[error("key {key} is listed twice")]
    KeyTwice {
        /// The key.
        key: i32,
    },
}
