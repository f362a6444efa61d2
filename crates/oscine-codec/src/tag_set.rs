//! Sets of type tags.

use core::fmt;

/// A set of type tags: an allow-list for decoding.
///
/// # Examples
///
/// ```
/// use oscine_codec::{DecodeOptions, PacketRef, TagSet};
///
/// let numbers = DecodeOptions::new().only_tags(TagSet::new("ifhd"));
/// assert!(PacketRef::decode_with(b"/a\0\0,i\0\0\0\0\0\x01", &numbers).is_ok());
/// assert!(PacketRef::decode_with(b"/a\0\0,s\0\0hi\0\0", &numbers).is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TagSet(u128);

impl TagSet {
    /// The type tags in `tags`; characters beyond ASCII are none. `[` and `]` stand for arrays.
    #[must_use]
    pub const fn new(tags: &str) -> Self {
        let mut set = 0;
        let mut rest = tags.as_bytes();
        while let Some((&tag, tail)) = rest.split_first() {
            if tag < 128 {
                set |= 1 << tag;
            }
            rest = tail;
        }
        Self(set)
    }

    /// Whether `tag` is in the set.
    #[must_use]
    pub const fn contains(self, tag: u8) -> bool {
        tag < 128 && self.0 >> tag & 1 == 1
    }
}

impl fmt::Debug for TagSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TagSet(")?;
        (0..128)
            .filter(|&tag| self.contains(tag))
            .try_for_each(|tag| write!(f, "{}", char::from(tag)))?;
        f.write_str(")")
    }
}
