//! The elements of a bundle.

use core::iter::FusedIterator;

use crate::view::bundle_ref::{BundleRef, HEAD};
use crate::view::packet_ref::PacketRef;

impl<'a> BundleRef<'a> {
    /// The elements, in order.
    #[must_use]
    #[inline]
    pub fn elements(&self) -> Elements<'a> {
        Elements { rest: self.as_bytes().get(HEAD..).unwrap_or_default() }
    }
}

/// The elements of a bundle, in order: an iterator of [`PacketRef`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    /// The bytes of the next element.
    #[inline]
    fn next_bytes(&mut self) -> Option<&'a [u8]> {
        let (size, rest) = self.rest.split_first_chunk()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let (element, rest) = rest.split_at_checked(size)?;
        self.rest = rest;
        Some(element)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = PacketRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<PacketRef<'a>> {
        self.next_bytes().map(PacketRef::from_checked)
    }
}

impl FusedIterator for Elements<'_> {}
