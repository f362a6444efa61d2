//! One bundle.

use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;

/// What a bundle begins with (OSC 1.0, "OSC Bundles").
pub(crate) const MARK: &[u8; 8] = b"#bundle\0";
/// The mark and the time tag, in bytes.
pub(crate) const HEAD: usize = 16;
/// How many levels a walk keeps without an allocation.
pub(crate) const INLINE_DEPTH: usize = 32;

/// One bundle, borrowed: a time tag and elements, each a message or a bundle (OSC 1.0, "OSC Bundles").
///
/// Two bundles are equal when their bytes are.
#[derive(Clone, Copy)]
pub struct BundleRef<'a> {
    // Invariant: a bundle that was decoded.
    bytes: &'a [u8],
    used: Tolerances,
}

impl<'a> BundleRef<'a> {
    /// The view of `bytes` that are known to be a bundle.
    #[inline]
    pub(crate) const fn from_checked(bytes: &'a [u8], used: Tolerances) -> Self {
        Self { bytes, used }
    }

    /// When the bundle is to run.
    #[must_use]
    #[inline]
    pub fn time_tag(&self) -> TimeTag {
        let bits = self.bytes.get(8..HEAD).and_then(|tag| tag.first_chunk().copied());
        TimeTag(u64::from_be_bytes(bits.unwrap_or_default()))
    }

    /// The bundle as it is on the wire.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Which tolerances decoding made use of, here or in anything nested.
    #[must_use]
    #[inline]
    pub const fn tolerances(&self) -> Tolerances {
        self.used
    }
}

impl PartialEq for BundleRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for BundleRef<'_> {}

impl core::hash::Hash for BundleRef<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
