//! The elements of a bundle.

use core::iter::FusedIterator;

use crate::tolerances::Tolerances;
use crate::view::bundle_ref::{BundleRef, HEAD};
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
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
    used: Tolerances,
}

impl<'a> Elements<'a> {
    /// The bytes of the next element.
    #[inline]
    fn next_bytes(&mut self) -> Option<&'a [u8]> {
        let (size, rest) = self.rest.split_first_chunk()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        // What begins with a size of zero is a tail of zeros.
        let (element, rest) = rest.split_at_checked(size).filter(|_| size > 0)?;
        self.rest = rest;
        Some(element)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = PacketRef<'a>;

    #[inline]
    fn next(&mut self) -> Option<PacketRef<'a>> {
        loop {
            let element = PacketRef::from_checked(self.next_bytes()?, self.used);
            let leave_out = self.used.intersects(Tolerances::LEAVE_OUT);
            if !leave_out || !is_left_out(element, self.used) {
                return Some(element);
            }
        }
    }
}

/// Whether decoding left an element out: by the same signs.
#[cold]
fn is_left_out(element: PacketRef<'_>, used: Tolerances) -> bool {
    let PacketRef::Message(message) = element else { return false };
    let is_message = match message.as_bytes().first() {
        Some(b'/') => true,
        None | Some(0) => false,
        Some(b'#') => message.address() == "#reply",
        Some(_) => used.contains(Tolerances::ANY_ADDRESS),
    };
    !is_message || message.type_tags().is_some_and(|tags| !tags.are_known())
}

impl FusedIterator for Elements<'_> {}
