//! One message that owns its bytes.

use bytes::Bytes;

use crate::stats::Stats;
use crate::tolerances::Tolerances;
use crate::view::args::Args;
use crate::view::message_ref::MessageRef;
use crate::view::shape::MessageShape;
use crate::view::type_tags::TypeTags;

/// One message that owns its bytes: an address pattern, a type tag string, arguments (OSC 1.0, "OSC Messages").
///
/// Cloning counts a reference. Two messages are equal when their bytes are.
///
/// # Examples
///
/// ```
/// use oscine_codec::Message;
///
/// let message = Message::new("/synth/freq", (440.0_f32, "sine"))?;
/// assert_eq!(message.address(), "/synth/freq");
/// assert_eq!(message.args().parse::<(f32, &str)>(), Ok((440.0, "sine")));
/// assert_eq!(message.to_string(), r#"/synth/freq ,fs 440.0 "sine""#);
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Clone)]
pub struct Message {
    // Invariant: a message that was decoded or built; `shape` is its shape.
    bytes: Bytes,
    shape: MessageShape,
}

impl Message {
    pub(crate) const fn from_checked(bytes: Bytes, shape: MessageShape) -> Self {
        Self { bytes, shape }
    }

    /// The borrowed view of the message.
    #[must_use]
    #[inline]
    pub fn view(&self) -> MessageRef<'_> {
        MessageRef::from_shape(&self.bytes, self.shape)
    }

    /// The address pattern.
    #[must_use]
    #[inline]
    pub fn address(&self) -> &str {
        self.view().address()
    }

    /// The type tags; `None` when the sender left the type tag string out.
    #[must_use]
    pub fn type_tags(&self) -> Option<TypeTags<'_>> {
        self.view().type_tags()
    }

    /// The arguments; none when the sender left the type tag string out.
    #[must_use]
    #[inline]
    pub fn args(&self) -> Args<'_> {
        self.view().args()
    }

    /// The address pattern and the arguments, to be matched on. See [`MessageRef::as_parts`].
    #[must_use]
    pub fn as_parts(&self) -> (&str, Args<'_>) {
        self.view().as_parts()
    }

    /// The figures of the message.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.view().stats()
    }

    /// Which tolerances decoding made use of.
    #[must_use]
    pub const fn tolerances(&self) -> Tolerances {
        self.shape.used
    }

    /// The message as it is on the wire.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The message as it is on the wire, shared.
    #[must_use]
    #[inline]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The message as it is on the wire; copies nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Message};
    ///
    /// assert_eq!(Message::new("/go", ())?.into_bytes(), &b"/go\0,\0\0\0"[..]);
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

impl From<MessageRef<'_>> for Message {
    /// Copies the message into memory of its own size.
    fn from(message: MessageRef<'_>) -> Self {
        Self { bytes: Bytes::copy_from_slice(message.as_bytes()), shape: message.shape() }
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Message {}

impl core::hash::Hash for Message {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}
