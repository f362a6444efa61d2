//! How much a packet may hold.

/// How much a packet may hold before it is refused. A `Copy` value, passed down.
///
/// Every limit exists because a sender may choose the number, and something at the receiver grows with it.
///
/// # Examples
///
/// ```
/// use oscine_codec::{DecodeErrorKind, DecodeOptions, Limits, PacketRef};
///
/// let options = DecodeOptions::new().limits(Limits::new().arguments(1));
/// let error = PacketRef::decode_with(b"/a\0\0,TT\0", &options).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::TooManyArguments { limit: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limits {
    pub(crate) depth: u32,
    pub(crate) array_depth: u32,
    pub(crate) elements: u32,
    pub(crate) arguments: u32,
    pub(crate) packet_size: usize,
}

impl Limits {
    /// The default limits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            depth: 32,
            array_depth: 32,
            elements: 8_192,
            arguments: 16_384,
            packet_size: 1024 * 1024,
        }
    }

    /// How deep bundles may be nested, in levels; the outermost bundle is level 1. Default 32.
    ///
    /// Up to 32 levels are walked without an allocation; beyond that a walk takes 40 bytes of heap a level.
    #[must_use]
    pub const fn depth(mut self, levels: u32) -> Self {
        self.depth = levels;
        self
    }

    /// How deep arrays may be nested in a message, in levels. Default 32.
    ///
    /// Reading nested arrays with [`ArrayRef`](crate::ArrayRef) visits the content of an array once a level.
    #[must_use]
    pub const fn array_depth(mut self, levels: u32) -> Self {
        self.array_depth = levels;
        self
    }

    /// How many bundle elements a packet may hold, all levels together. Default 8,192.
    ///
    /// A datagram of 65,507 bytes has room for 5,457 of the smallest messages.
    #[must_use]
    pub const fn elements(mut self, count: u32) -> Self {
        self.elements = count;
        self
    }

    /// How many type tags a message may hold, brackets of arrays included. Default 16,384.
    ///
    /// A datagram of 65,507 bytes has room for 13,096 floats.
    #[must_use]
    pub const fn arguments(mut self, count: u32) -> Self {
        self.arguments = count;
        self
    }

    /// How large a packet may be, in bytes. Default 1 MiB (1,048,576).
    ///
    /// UDP over IPv4 carries at most 65,507 bytes; only streams reach this limit.
    #[must_use]
    pub const fn packet_size(mut self, bytes: usize) -> Self {
        self.packet_size = bytes;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
