//! One packet.

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
    /// The view of `bytes` that are known to be a packet.
    #[inline]
    pub(crate) fn from_checked(bytes: &'a [u8]) -> Self {
        if bytes.first() == Some(&b'#') {
            Self::Bundle(BundleRef::from_checked(bytes))
        } else {
            Self::Message(MessageRef::from_checked(bytes))
        }
    }

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
