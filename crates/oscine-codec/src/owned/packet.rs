//! One packet that owns its bytes.

use bytes::Bytes;

use crate::owned::bundle::Bundle;
use crate::owned::message::Message;
use crate::owned::share::share;
use crate::stats::Stats;
use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;
use crate::view::bundle_ref::BundleRef;
use crate::view::packet_ref::PacketRef;
use crate::view::walk::{Messages, Node};

/// One packet that owns its bytes: a message or a bundle (OSC 1.0, "OSC Packets").
///
/// It is one [`Bytes`] that is known to decode: `'static`, cloned by reference count, sent or forwarded as it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the specification knows these two and no others")]
pub enum Packet {
    /// A message.
    Message(Message),
    /// A bundle.
    Bundle(Bundle),
}

impl Packet {
    /// The borrowed view of the packet.
    #[must_use]
    #[inline]
    pub fn view(&self) -> PacketRef<'_> {
        match self {
            Self::Message(message) => PacketRef::Message(message.view()),
            Self::Bundle(bundle) => PacketRef::Bundle(bundle.view()),
        }
    }

    /// All messages in the packet, each with its time and place, in the order of its bytes.
    #[must_use]
    pub fn messages(&self) -> Messages<'_> {
        self.view().messages()
    }

    /// The figures of the packet and of all that is in it.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.view().stats()
    }

    /// Which tolerances decoding made use of, anywhere in the packet.
    #[must_use]
    pub const fn tolerances(&self) -> Tolerances {
        match self {
            Self::Message(message) => message.tolerances(),
            Self::Bundle(bundle) => bundle.tolerances(),
        }
    }

    /// The packet as it is on the wire.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes()
    }

    /// The packet as it is on the wire, shared.
    #[must_use]
    #[inline]
    pub const fn bytes(&self) -> &Bytes {
        match self {
            Self::Message(message) => message.bytes(),
            Self::Bundle(bundle) => bundle.bytes(),
        }
    }

    /// The packet as it is on the wire; copies nothing.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Message(message) => message.into_bytes(),
            Self::Bundle(bundle) => bundle.into_bytes(),
        }
    }

    /// A bundle of this packet as a packet of its own, which shares its memory.
    ///
    /// `nested` is a view into this packet, as [`walk`](PacketRef::walk) yields them; any other bundle is copied.
    #[must_use]
    pub fn share_bundle(&self, nested: BundleRef<'_>) -> Bundle {
        Bundle::from_checked(share(self.bytes(), nested.as_bytes()), nested.tolerances())
    }

    /// The same packet with other time tags: that of each bundle becomes what `change` makes of it. A message is as it
    /// was.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use oscine_codec::{Bundle, Message, Packet, TimeTag};
    ///
    /// let bundle = Packet::from(Bundle::new(TimeTag(5 << 32), [Message::new("/a", 1)?])?);
    /// let later = bundle.map_time_tags(|tag| tag + Duration::from_secs(2));
    /// assert_eq!(later, Packet::from(Bundle::new(TimeTag(7 << 32), [Message::new("/a", 1)?])?));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn map_time_tags(&self, mut change: impl FnMut(TimeTag) -> TimeTag) -> Self {
        let Self::Bundle(whole) = self else { return self.clone() };
        let mut bytes = self.as_bytes().to_vec();
        let start = self.as_bytes().as_ptr().addr();
        for node in self.view().walk() {
            let Node::Bundle { bundle, .. } = node else { continue };
            // Views lie in the packet: the tag is behind the eight bytes of `#bundle`.
            let tag = bundle.as_bytes().as_ptr().addr() - start + 8;
            if let Some(place) = bytes.get_mut(tag..tag + 8) {
                place.copy_from_slice(&change(bundle.time_tag()).0.to_be_bytes());
            }
        }
        Self::Bundle(Bundle::from_checked(bytes.into(), whole.view().tolerances()))
    }

    /// A copy in memory of its own size.
    ///
    /// A packet that came from a socket shares the buffer of everything read with it, and keeps all of that
    /// alive. What is kept for long should be detached.
    #[must_use]
    pub fn to_detached(&self) -> Self {
        Self::from(self.view())
    }
}

impl From<Message> for Packet {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Bundle> for Packet {
    fn from(bundle: Bundle) -> Self {
        Self::Bundle(bundle)
    }
}

impl From<PacketRef<'_>> for Packet {
    /// Copies the packet into memory of its own size.
    fn from(packet: PacketRef<'_>) -> Self {
        match packet {
            PacketRef::Message(message) => Self::Message(message.into()),
            PacketRef::Bundle(bundle) => Self::Bundle(bundle.into()),
        }
    }
}
