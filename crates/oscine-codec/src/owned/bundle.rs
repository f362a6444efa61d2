//! One bundle that owns its bytes.

use bytes::Bytes;

use crate::stats::Stats;
use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;
use crate::view::bundle_ref::BundleRef;
use crate::view::elements::Elements;
use crate::view::packet_ref::PacketRef;
use crate::view::walk::Messages;

/// One bundle that owns its bytes: a time tag and elements (OSC 1.0, "OSC Bundles").
///
/// Cloning counts a reference. Two bundles are equal when their bytes are.
#[derive(Clone)]
pub struct Bundle {
    // Invariant: a bundle that was decoded or built.
    bytes: Bytes,
    used: Tolerances,
}

impl Bundle {
    pub(crate) const fn from_checked(bytes: Bytes, used: Tolerances) -> Self {
        Self { bytes, used }
    }

    /// The borrowed view of the bundle.
    #[must_use]
    pub fn view(&self) -> BundleRef<'_> {
        BundleRef::from_checked(&self.bytes, self.used)
    }

    /// When the bundle is to run.
    #[must_use]
    pub fn time_tag(&self) -> TimeTag {
        self.view().time_tag()
    }

    /// The elements, in order.
    #[must_use]
    pub fn elements(&self) -> Elements<'_> {
        self.view().elements()
    }

    /// All messages in the bundle and in those nested in it, each with its time and place.
    #[must_use]
    pub fn messages(&self) -> Messages<'_> {
        PacketRef::Bundle(self.view()).messages()
    }

    /// The figures of the bundle and of all that is in it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.view().stats()
    }

    /// Which tolerances decoding made use of, here or in anything nested.
    #[must_use]
    pub const fn tolerances(&self) -> Tolerances {
        self.used
    }

    /// The bundle as it is on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bundle as it is on the wire, shared.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bundle as it is on the wire; copies nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Bundle, Message, TimeTag};
    ///
    /// let bundle = Bundle::new(TimeTag::IMMEDIATE, [Message::new("/go", ())?])?;
    /// assert_eq!(bundle.into_bytes().len(), 28);
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl From<BundleRef<'_>> for Bundle {
    /// Copies the bundle into memory of its own size.
    fn from(bundle: BundleRef<'_>) -> Self {
        Self { bytes: Bytes::copy_from_slice(bundle.as_bytes()), used: bundle.tolerances() }
    }
}

impl PartialEq for Bundle {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Bundle {}

impl core::hash::Hash for Bundle {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
