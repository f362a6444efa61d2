//! Bundles.

use alloc::vec::Vec;

use bytes::Bytes;

use crate::encode::measure::check_size;
use crate::error::encode::EncodeError;
use crate::limits::Limits;
use crate::owned::bundle::Bundle;
use crate::owned::packet::Packet;
use crate::time_tag::TimeTag;
use crate::tolerances::Tolerances;
use crate::view::bundle_ref::{HEAD, MARK};
use crate::view::packet_ref::PacketRef;
use crate::view::walk::Node;

impl Bundle {
    /// Builds a bundle from elements that are packets already: their bytes are copied, never encoded again.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Bundle, Message, TimeTag};
    ///
    /// let notes = [Message::new("/note", 60)?, Message::new("/note", 64)?];
    /// let chord = Bundle::new(TimeTag::IMMEDIATE, notes)?;
    /// assert_eq!(chord.elements().count(), 2);
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when bundles are nested deeper than [`Limits::depth`] allows by default, it is too large, or an
    /// element was decoded with tolerances that a bundle cannot carry on.
    pub fn new<P: Into<Packet>>(
        time_tag: TimeTag,
        elements: impl IntoIterator<Item = P>,
    ) -> Result<Self, EncodeError> {
        elements.into_iter().fold(Self::builder(time_tag), BundleBuilder::element).build()
    }

    /// Starts a bundle whose elements come one by one.
    pub fn builder(time_tag: TimeTag) -> BundleBuilder {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend(MARK);
        bytes.extend(time_tag.0.to_be_bytes());
        BundleBuilder { bytes, used: Tolerances::empty(), error: None }
    }
}

/// A bundle whose elements come one by one, messages and bundles mixed.
///
/// An error is kept until [`build`](Self::build).
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct BundleBuilder {
    bytes: Vec<u8>,
    /// Of the elements.
    used: Tolerances,
    error: Option<EncodeError>,
}

impl BundleBuilder {
    /// Appends a message or a bundle.
    pub fn element(mut self, element: impl Into<Packet>) -> Self {
        if self.error.is_none() {
            self.error = self.append(&element.into()).err();
        }
        self
    }

    /// The bundle.
    ///
    /// # Errors
    ///
    /// The first [`EncodeError`] of all that was done.
    pub fn build(self) -> Result<Bundle, EncodeError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Bundle::from_checked(Bytes::from(self.bytes), self.used)),
        }
    }

    /// The number of bytes so far.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no element yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.len() == HEAD
    }

    fn append(&mut self, element: &Packet) -> Result<(), EncodeError> {
        check_element(element, 1)?;
        let bytes = element.as_bytes();
        check_size(self.bytes.len().saturating_add(4).saturating_add(bytes.len()))?;
        let size = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.bytes.extend(size.to_be_bytes());
        self.bytes.extend(bytes);
        self.used |= element.tolerances();
        Ok(())
    }
}

/// Checks that `element` can stand in a bundle, with `depth` bundles around it.
pub(crate) fn check_element(element: &Packet, depth: usize) -> Result<(), EncodeError> {
    let limit = Limits::new().depth;
    if levels(element.view()) + depth > limit as usize {
        return Err(EncodeError::TooDeep { limit });
    }
    // A bundle knows its tolerances as a whole: among others, what was left out here could come back.
    let tolerances = element.tolerances();
    if tolerances.intersects(Tolerances::LEAVE_OUT) || element.as_bytes().len() % 4 != 0 {
        return Err(EncodeError::Tolerated { tolerances });
    }
    Ok(())
}

/// How deep bundles are nested in a packet; 0 for a message.
fn levels(packet: PacketRef<'_>) -> usize {
    let mut walk = packet.walk();
    let mut levels = 0;
    while let Some(node) = walk.next() {
        if matches!(node, Node::Bundle { .. }) {
            levels = levels.max(walk.depth());
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{DecodeOptions, Profile};
    use crate::owned::message::Message;

    #[test]
    fn thirty_two_levels_are_built_and_no_more() {
        let mut packet = Packet::from(Message::new("/a", ()).unwrap());
        for _ in 0..32 {
            packet = Bundle::new(TimeTag::IMMEDIATE, [packet]).unwrap().into();
        }
        assert!(PacketRef::decode(packet.as_bytes()).is_ok());
        let error = Bundle::new(TimeTag::IMMEDIATE, [packet]);
        assert_eq!(error, Err(EncodeError::TooDeep { limit: 32 }));
    }

    #[test]
    fn what_was_left_out_does_not_come_back() {
        let strict = DecodeOptions::new().profile(Profile::Strict);
        let decode = |bytes: &'static [u8], tolerances| {
            Packet::decode_with(bytes, &strict.tolerate(tolerances)).unwrap()
        };
        let unknown = b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x0cfoo\0,s\0\0abcd".as_slice();
        let tolerances = Tolerances::UNKNOWN_ELEMENT;
        let left_out = decode(unknown, tolerances);
        let slashless = decode(b"bar\0,\0\0\0", Tolerances::ANY_ADDRESS);
        assert!(Bundle::new(TimeTag::IMMEDIATE, [slashless.clone()]).is_ok());
        let mixed = Bundle::new(TimeTag::IMMEDIATE, [left_out, slashless]);
        assert_eq!(mixed, Err(EncodeError::Tolerated { tolerances }));
        let unpadded = decode(b"/s\0\0,s\0\0a\0", Tolerances::MISSING_PADDING);
        assert!(Bundle::new(TimeTag::IMMEDIATE, [unpadded]).is_err());
    }
}
