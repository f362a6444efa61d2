//! One message.

use crate::view::args::{Args, text_len};
use crate::view::shape::MessageShape;
use crate::view::type_tags::TypeTags;

/// One message, borrowed: an address pattern, a type tag string, arguments (OSC 1.0, "OSC Messages").
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageRef<'a> {
    // Invariant: the other fields are slices of it, in this order.
    bytes: &'a [u8],
    address: &'a [u8],
    /// Without the comma.
    tags: Option<&'a [u8]>,
    /// Argument data; all that follows the address when there are no type tags.
    data: &'a [u8],
}

impl<'a> MessageRef<'a> {
    #[inline]
    pub(crate) const fn from_parts(
        bytes: &'a [u8],
        address: &'a [u8],
        tags: Option<&'a [u8]>,
        data: &'a [u8],
    ) -> Self {
        Self { bytes, address, tags, data }
    }

    /// The view of `bytes` that are known to be a message.
    #[inline]
    pub(crate) fn from_checked(bytes: &'a [u8]) -> Self {
        let address_len = text_len(bytes).unwrap_or_default();
        let (address, rest) = bytes.split_at_checked(address_len).unwrap_or_default();
        let rest = rest.get(4 - (address_len & 3)..).unwrap_or_default();
        if rest.first() != Some(&b',') {
            return Self { bytes, address, tags: None, data: rest };
        }
        let tags_len = text_len(rest).unwrap_or_default();
        let tags = rest.get(1..tags_len).unwrap_or_default();
        let data = rest.get((tags_len & !3) + 4..).unwrap_or_default();
        Self { bytes, address, tags: Some(tags), data }
    }

    /// The view of `bytes` whose parts lie where `shape` says.
    #[inline]
    pub(crate) fn from_shape(bytes: &'a [u8], shape: MessageShape) -> Self {
        let address = bytes.get(..shape.address_len as usize).unwrap_or_default();
        let tags = shape.tags_len.map(|len| {
            let at = shape.tags_at() + 1;
            bytes.get(at..at + len as usize).unwrap_or_default()
        });
        let data = bytes.get(shape.data_at as usize..).unwrap_or_default();
        Self { bytes, address, tags, data }
    }

    #[expect(clippy::cast_possible_truncation, reason = "decoding refuses packets beyond 2 GiB")]
    #[inline]
    pub(crate) const fn shape(&self) -> MessageShape {
        MessageShape {
            address_len: self.address.len() as u32,
            data_at: (self.bytes.len() - self.data.len()) as u32,
            tags_len: match self.tags {
                Some(tags) => Some(tags.len() as u32),
                None => None,
            },
        }
    }

    /// The address pattern.
    #[must_use]
    #[inline]
    pub fn address(&self) -> &'a str {
        // Decoding accepts UTF-8 only.
        core::str::from_utf8(self.address).unwrap_or("\u{fffd}")
    }

    /// The bytes of the address pattern, without its padding.
    #[must_use]
    #[inline]
    pub const fn address_bytes(&self) -> &'a [u8] {
        self.address
    }

    /// The type tags; `None` when the sender left the type tag string out.
    #[must_use]
    #[inline]
    pub fn type_tags(&self) -> Option<TypeTags<'a>> {
        self.tags.map(TypeTags::new)
    }

    /// The arguments; none when the sender left the type tag string out.
    #[must_use]
    #[inline]
    pub fn args(&self) -> Args<'a> {
        match self.tags {
            Some(tags) => Args::new(tags, self.data),
            None => Args::new(&[], &[]),
        }
    }

    /// What follows the address when the sender left the type tag string out: arguments whose types only the
    /// sender knows. Empty otherwise.
    #[must_use]
    #[inline]
    pub const fn untyped(&self) -> &'a [u8] {
        if self.tags.is_some() { &[] } else { self.data }
    }

    /// The message as it is on the wire.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}
