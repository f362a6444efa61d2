//! One bundle.

use core::iter::FusedIterator;

use crate::time_tag::TimeTag;
use crate::view::packet_ref::PacketRef;

/// What a bundle begins with (OSC 1.0, "OSC Bundles").
pub(crate) const MARK: &[u8; 8] = b"#bundle\0";
/// The mark and the time tag, in bytes.
pub(crate) const HEAD: usize = 16;
/// How many levels a walk keeps without an allocation.
pub(crate) const INLINE_DEPTH: usize = 32;

/// One bundle, borrowed: a time tag and elements, each a message or a bundle (OSC 1.0, "OSC Bundles").
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BundleRef<'a> {
    // Invariant: a bundle that was decoded.
    bytes: &'a [u8],
}

impl<'a> BundleRef<'a> {
    /// The view of `bytes` that are known to be a bundle.
    pub(crate) const fn from_checked(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// When the bundle is to run.
    #[must_use]
    pub fn time_tag(&self) -> TimeTag {
        let bits = self
            .bytes
            .get(8..HEAD)
            .and_then(|tag| tag.first_chunk().copied());
        TimeTag(u64::from_be_bytes(bits.unwrap_or_default()))
    }

    /// The elements, in order.
    #[must_use]
    pub fn elements(&self) -> Elements<'a> {
        Elements {
            rest: self.bytes.get(HEAD..).unwrap_or_default(),
        }
    }

    /// The bundle as it is on the wire.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

/// The elements of a bundle, in order: an iterator of [`PacketRef`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The bytes of the next element.
    pub(crate) fn next_bytes(&mut self) -> Option<&'a [u8]> {
        let (size, rest) = self.rest.split_first_chunk()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let (element, rest) = rest.split_at_checked(size)?;
        self.rest = rest;
        Some(element)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = PacketRef<'a>;

    fn next(&mut self) -> Option<PacketRef<'a>> {
        self.next_bytes().map(PacketRef::from_checked)
    }
}

impl FusedIterator for Elements<'_> {}
