//! Why some bytes are not a packet, and where.

use thiserror::Error;

/// Why some bytes are not a packet, and the offset of the byte where that shows.
///
/// # Examples
///
/// ```
/// use oscine_codec::{DecodeErrorKind, PacketRef};
///
/// let error = PacketRef::decode(b"/a\0\0,x\0\0").unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::UnknownTag { tag: b'x' });
/// assert_eq!(error.offset(), 5);
/// assert_eq!(error.to_string(), "unknown type tag 'x' at byte 5");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("{kind} at byte {offset}")]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: usize,
}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The same error seen from `base` bytes further out.
    pub(crate) const fn shifted(self, base: usize) -> Self {
        Self { kind: self.kind, offset: self.offset + base }
    }

    /// What is wrong.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Where it is wrong, in bytes from the start of the packet.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}

/// What is wrong with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
// The tag is as wide as what follows it: a tag of one byte makes compilers copy the rest from odd addresses, which costs
// more than decoding a message.
#[repr(usize)]
pub enum DecodeErrorKind {
    /// There are no bytes at all.
    #[error("empty packet")]
    Empty,
    /// The first byte is `#`, but the first eight are not `#bundle` and a NUL.
    #[error("neither a message nor a bundle")]
    NotAPacket,
    /// A packet is a multiple of 4 bytes long (OSC 1.0, "OSC Packets").
    #[error("length {length} is not a multiple of 4")]
    UnalignedLength {
        /// The length of the packet, in bytes.
        length: usize,
    },
    /// The data ends within a field.
    #[error("{needed} bytes needed, {available} left")]
    Truncated {
        /// How many bytes the field takes.
        needed: usize,
        /// How many bytes there are.
        available: usize,
    },
    /// A string has no NUL before its data ends (OSC 1.0, "OSC-string").
    #[error("string without a terminating NUL")]
    UnterminatedString,
    /// The bytes between a string's end and the next multiple of 4 are not all NUL.
    #[error("padding of a string is not zero")]
    StringPadding,
    /// A string is not UTF-8.
    #[error("string is not UTF-8")]
    InvalidUtf8,
    /// A string holds characters beyond ASCII, and [`DecodeOptions::ascii_only`](crate::DecodeOptions::ascii_only)
    /// is set.
    #[error("string is not ASCII")]
    NotAscii,
    /// The address is a pattern, or holds characters that no address may, and
    /// [`DecodeOptions::check_addresses`](crate::DecodeOptions::check_addresses) is set.
    #[error("not a concrete address")]
    NotConcrete,
    /// A type tag that is not in the set of [`DecodeOptions::only_tags`](crate::DecodeOptions::only_tags).
    #[error("type tag {:?} is not allowed", char::from(*.tag))]
    TagNotAllowed {
        /// The type tag.
        tag: u8,
    },
    /// An address does not begin with a slash (OSC 1.0, "OSC Messages").
    #[error("address does not begin with '/'")]
    BadAddress,
    /// There is no type tag string where one is demanded.
    #[error("type tag string missing")]
    MissingTypeTags,
    /// A type tag that is not known: the size of its data is not known either.
    #[error("unknown type tag {:?}", char::from(*.tag))]
    UnknownTag {
        /// The type tag.
        tag: u8,
    },
    /// A `]` without its `[`, or the reverse.
    #[error("unbalanced array brackets")]
    UnbalancedArray,
    /// A blob's length is negative, or more than there is.
    #[error("blob length {length} does not fit the {available} bytes left")]
    BlobLength {
        /// The length that the blob announces, in bytes.
        length: i32,
        /// How many bytes there are.
        available: usize,
    },
    /// The bytes between a blob's end and the next multiple of 4 are not all zero.
    #[error("padding of a blob is not zero")]
    BlobPadding,
    /// A bundle element's size is below 4, not a multiple of 4, or more than there is.
    #[error("element size {length} does not fit the {available} bytes left")]
    ElementLength {
        /// The size that the element announces, in bytes.
        length: i32,
        /// How many bytes there are.
        available: usize,
    },
    /// There are bytes after the last argument.
    #[error("{bytes} bytes after the last argument")]
    TrailingData {
        /// How many.
        bytes: usize,
    },
    /// A nested bundle's time tag is earlier than that of the bundle around it (OSC 1.0, "Temporal
    /// Semantics").
    #[error("time tag of a nested bundle is earlier than that of the bundle around it")]
    BundleTimeOrder,
    /// Bundles, or arrays, are nested deeper than the limit.
    #[error("nested deeper than the limit of {limit}")]
    NestingTooDeep {
        /// The limit, in levels.
        limit: u32,
    },
    /// A message holds more arguments than the limit.
    #[error("more than {limit} arguments in a message")]
    TooManyArguments {
        /// The limit, in arguments.
        limit: u32,
    },
    /// A packet holds more bundle elements than the limit.
    #[error("more than {limit} elements in a packet")]
    TooManyElements {
        /// The limit, in elements.
        limit: u32,
    },
    /// The packet is larger than the limit.
    #[error("packet of {size} bytes is larger than the limit of {limit}")]
    PacketTooLarge {
        /// The size of the packet, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
}

impl DecodeErrorKind {
    /// The class of the error as a short word, as conformance data and JSON output name it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty | Self::NotAPacket => "not-a-packet",
            Self::UnalignedLength { .. } | Self::Truncated { .. } => "truncated",
            Self::UnterminatedString | Self::StringPadding | Self::InvalidUtf8 | Self::NotAscii => {
                "bad-string"
            }
            Self::BadAddress | Self::NotConcrete => "bad-address",
            Self::MissingTypeTags => "missing-type-tags",
            Self::UnknownTag { .. } | Self::TagNotAllowed { .. } => "unknown-tag",
            Self::UnbalancedArray => "unbalanced-array",
            Self::BlobLength { .. } | Self::BlobPadding => "bad-blob-length",
            Self::ElementLength { .. } => "bad-element-length",
            Self::TrailingData { .. } => "trailing-data",
            Self::BundleTimeOrder => "bundle-time-order",
            Self::NestingTooDeep { .. } => "nesting-too-deep",
            Self::TooManyArguments { .. } => "too-many-arguments",
            Self::TooManyElements { .. } => "too-many-elements",
            Self::PacketTooLarge { .. } => "packet-too-large",
        }
    }
}
