//! One packet.

use crate::tolerances::Tolerances;
use crate::view::bundle_ref::BundleRef;
use crate::view::message_ref::MessageRef;

/// One packet, borrowed: a message or a bundle (OSC 1.0, "OSC Packets").
///
/// [`PacketRef::decode`] checks the bytes once. From then on everything is a slice of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the specification knows these two and no others")]
pub enum PacketRef<'a> {
    /// A message.
    Message(MessageRef<'a>),
    /// A bundle.
    Bundle(BundleRef<'a>),
}

impl<'a> PacketRef<'a> {
    /// The message, if it is one.
    #[must_use]
    #[inline]
    pub const fn message(self) -> Option<MessageRef<'a>> {
        match self {
            Self::Message(message) => Some(message),
            Self::Bundle(_) => None,
        }
    }

    /// The bundle, if it is one.
    #[must_use]
    #[inline]
    pub const fn bundle(self) -> Option<BundleRef<'a>> {
        match self {
            Self::Message(_) => None,
            Self::Bundle(bundle) => Some(bundle),
        }
    }

    /// Which tolerances decoding made use of, anywhere in the packet.
    #[must_use]
    #[inline]
    pub const fn tolerances(&self) -> Tolerances {
        match self {
            Self::Message(message) => message.tolerances(),
            Self::Bundle(bundle) => bundle.tolerances(),
        }
    }

    /// The packet as it is on the wire.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Message(message) => message.as_bytes(),
            Self::Bundle(bundle) => bundle.as_bytes(),
        }
    }
}

impl<'a> From<MessageRef<'a>> for PacketRef<'a> {
    fn from(message: MessageRef<'a>) -> Self {
        Self::Message(message)
    }
}

impl<'a> From<BundleRef<'a>> for PacketRef<'a> {
    fn from(bundle: BundleRef<'a>) -> Self {
        Self::Bundle(bundle)
    }
}
