//! Departures from the specification that decoding can put up with.

use core::fmt;

bitflags::bitflags! {
    /// Departures from the specification that decoding can put up with: a set.
    ///
    /// [`DecodeOptions`](crate::DecodeOptions) says which are tolerated, and every decoded packet says which were made
    /// use of ([`PacketRef::tolerances`](crate::PacketRef::tolerances)), so that a receiver can count them.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{DecodeOptions, PacketRef, Profile, Tolerances};
    ///
    /// let dirty = b"/s\0U,i\0\0\0\0\0\x01";
    /// assert!(PacketRef::decode(dirty).is_err());
    /// let field = DecodeOptions::new().profile(Profile::Field);
    /// assert_eq!(PacketRef::decode_with(dirty, &field)?.tolerances(), Tolerances::DIRTY_PADDING);
    /// let alone = DecodeOptions::new().tolerate(Tolerances::DIRTY_PADDING);
    /// assert!(PacketRef::decode_with(dirty, &alone).is_ok());
    /// # Ok::<(), oscine_codec::DecodeError>(())
    /// ```
    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct Tolerances: u16 {
        /// A message without a type tag string: no arguments, and what follows the address is
        /// [untyped](crate::MessageRef::untyped). The specification itself asks to be robust about it.
        const MISSING_TYPE_TAGS = 1;
        /// A nested bundle whose time tag is earlier than that of the bundle around it.
        const TIME_ORDER = 1 << 1;
        /// The last field of a packet or an element is not padded to a multiple of 4, or not wholly.
        const MISSING_PADDING = 1 << 2;
        /// Bytes of padding that are not zero.
        const DIRTY_PADDING = 1 << 3;
        /// Zeros behind the last argument or the last element, as from a buffer of fixed size.
        const TRAILING_ZEROS = 1 << 4;
        /// Text that is not UTF-8: Latin-1, Shift-JIS. It is there as bytes, and with a lossy view.
        const INVALID_UTF8 = 1 << 5;
        /// An address without a slash, and the `#reply` of liblo. No other address begins with `#`.
        const ANY_ADDRESS = 1 << 6;
        /// A float as the last argument, cut short: the missing bytes are zero.
        const SHORT_FLOAT = 1 << 7;
        /// Bundle elements whose size is not a multiple of 4.
        const UNALIGNED_ELEMENTS = 1 << 8;
        /// A message in a bundle with an unknown type tag: it is left out, the others are there.
        const UNKNOWN_TAG = 1 << 9;
        /// A bundle element that is neither a message nor a bundle: it is left out, the others are there.
        const UNKNOWN_ELEMENT = 1 << 10;
    }
}

impl Tolerances {
    /// Those for which elements of a bundle are left out.
    pub(crate) const LEAVE_OUT: Self = Self::UNKNOWN_TAG.union(Self::UNKNOWN_ELEMENT);

    /// Those with which a packet's length need not be a multiple of 4.
    pub(crate) const UNALIGNED: Self = Self::MISSING_PADDING.union(Self::SHORT_FLOAT);
}

/// The names of the set's members.
impl fmt::Debug for Tolerances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bitflags::parser::to_writer(self, f)
    }
}
