//! The elements of a bundle.

use core::iter::FusedIterator;

use crate::tolerances::Tolerances;
use crate::view::bundle_ref::{BundleRef, HEAD, MARK};
use crate::view::message_ref::MessageRef;
use crate::view::packet_ref::PacketRef;

impl<'a> BundleRef<'a> {
    /// The elements, in order.
    #[must_use]
    #[inline]
    pub fn elements(&self) -> Elements<'a> {
        Elements { rest: self.as_bytes().get(HEAD..).unwrap_or_default(), used: self.tolerances() }
    }
}

/// The elements of a bundle, in order: an iterator of [`PacketRef`].
#[derive(Debug, Clone, Copy)]
pub struct Elements<'a> {
    rest: &'a [u8],
    used: Tolerances,
}

impl<'a> Elements<'a> {
    pub(crate) const NONE: Self = Self { rest: &[], used: Tolerances::empty() };

    /// The next element, not looked into.
    #[inline(always)]
    pub(crate) fn next_element(&mut self) -> Option<Element<'a>> {
        loop {
            let (size, rest) = self.rest.split_first_chunk()?;
            // What begins with a size of zero is a tail of zeros.
            let size = usize::try_from(u32::from_be_bytes(*size)).ok().filter(|&size| size > 0)?;
            let (bytes, rest) = rest.split_at_checked(size)?;
            self.rest = rest;
            let element = Element { bytes, used: self.used };
            if !self.used.intersects(Tolerances::LEAVE_OUT) || !element.is_left_out() {
                return Some(element);
            }
        }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = PacketRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<PacketRef<'a>> {
        let element = self.next_element()?;
        Some(match element.bundle() {
            Some(bundle) => PacketRef::Bundle(bundle),
            None => PacketRef::Message(element.message()),
        })
    }
}

impl FusedIterator for Elements<'_> {}

/// One element of a bundle, not looked into.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    // Invariant: a packet that was decoded.
    bytes: &'a [u8],
    used: Tolerances,
}

impl<'a> Element<'a> {
    /// The bundle, if it is one.
    #[inline(always)]
    pub(crate) fn bundle(self) -> Option<BundleRef<'a>> {
        // A message's first byte is `#` only where that is tolerated.
        let is_bundle = self.bytes.first() == Some(&b'#') && self.bytes.starts_with(MARK);
        is_bundle.then(|| BundleRef::from_checked(self.bytes, self.used))
    }

    /// The message that it is, if it is no bundle.
    #[inline(always)]
    pub(crate) fn message(self) -> MessageRef<'a> {
        MessageRef::from_checked(self.bytes, self.used)
    }

    /// Whether decoding left it out: by the same signs.
    #[cold]
    fn is_left_out(self) -> bool {
        if self.bundle().is_some() {
            return false;
        }
        let is_message = match self.bytes.first() {
            Some(b'/') => true,
            None | Some(0) => false,
            Some(b'#') if !self.bytes.starts_with(b"#reply\0") => false,
            Some(_) => self.used.contains(Tolerances::ANY_ADDRESS),
        };
        !is_message || self.message().type_tags().is_some_and(|tags| !tags.are_known())
    }
}
