//! One message.

use crate::scan::any_text;
use crate::tolerances::Tolerances;
use crate::value::text::Text;
use crate::view::args::Args;
use crate::view::shape::MessageShape;
use crate::view::type_tags::TypeTags;

/// One message, borrowed: an address pattern, a type tag string, arguments (OSC 1.0, "OSC Messages").
///
/// Two messages are equal when their bytes are.
#[derive(Clone, Copy)]
pub struct MessageRef<'a> {
    // Invariant: the other fields are slices of it, in this order.
    bytes: &'a [u8],
    address: &'a [u8],
    /// Without the comma.
    tags: Option<&'a [u8]>,
    /// Argument data; all that follows the address when there are no type tags.
    data: &'a [u8],
    /// As wide as a register: whoever copies a view reads all of it, and would wait for a narrower write.
    used: u64,
}

impl<'a> MessageRef<'a> {
    #[inline]
    pub(crate) const fn from_parts(
        bytes: &'a [u8],
        address: &'a [u8],
        tags: Option<&'a [u8]>,
        data: &'a [u8],
        used: Tolerances,
    ) -> Self {
        Self { bytes, address, tags, data, used: used.bits() as u64 }
    }

    /// The view of `bytes` that are known to be a message.
    #[inline]
    pub(crate) fn from_checked(bytes: &'a [u8], used: Tolerances) -> Self {
        let (address, rest) = any_text(bytes);
        if rest.first() != Some(&b',') {
            return Self::from_parts(bytes, address, None, rest, used);
        }
        let (tags, data) = any_text(rest);
        Self::from_parts(bytes, address, tags.get(1..), data, used)
    }

    /// The view of `bytes` whose parts lie where `shape` says.
    #[inline(always)]
    pub(crate) fn from_shape(bytes: &'a [u8], shape: MessageShape) -> Self {
        let address = bytes.get(..shape.address_len as usize).unwrap_or_default();
        let tags = shape.tags().map(|tags| bytes.get(tags).unwrap_or_default());
        let data = bytes.get(shape.data_at as usize..).unwrap_or_default();
        Self::from_parts(bytes, address, tags, data, shape.used)
    }

    #[inline]
    pub(crate) fn shape(&self) -> MessageShape {
        let data_at = self.bytes.len() - self.data.len();
        MessageShape::new(
            self.address.len(),
            self.tags.map(<[u8]>::len),
            data_at,
            self.tolerances(),
        )
    }

    /// The address pattern; U+FFFD when it is not UTF-8, which only
    /// [`Tolerances::INVALID_UTF8`](crate::Tolerances::INVALID_UTF8) lets through.
    #[must_use]
    #[inline]
    pub fn address(&self) -> &'a str {
        core::str::from_utf8(self.address).unwrap_or("\u{fffd}")
    }

    /// The address pattern as text that need not be UTF-8.
    #[must_use]
    #[inline]
    pub const fn address_text(&self) -> Text<'a> {
        Text::new(self.address)
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

    /// Which tolerances decoding made use of, for this message or (in a bundle) for any.
    #[must_use]
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "it was made of 16 bits")]
    pub const fn tolerances(&self) -> Tolerances {
        Tolerances::from_bits_retain(self.used as u16)
    }
}

impl PartialEq for MessageRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for MessageRef<'_> {}

impl core::hash::Hash for MessageRef<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
