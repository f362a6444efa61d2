//! What some bytes look like.

use crate::view::bundle_ref::MARK;

/// What some bytes look like by how they begin.
///
/// # Examples
///
/// ```
/// use oscine_codec::PacketKind;
///
/// assert_eq!(PacketKind::sniff(b"/foo\0\0\0\0,\0\0\0"), Some(PacketKind::Message));
/// assert_eq!(PacketKind::sniff(b"#bundle\0\0\0\0\0\0\0\0\x01"), Some(PacketKind::Bundle));
/// assert_eq!(PacketKind::sniff(b"GET / HTTP/1.1"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the specification knows these two and no others")]
pub enum PacketKind {
    /// A message: it begins with a slash.
    Message,
    /// A bundle: it begins with `#bundle` and a NUL.
    Bundle,
}

impl PacketKind {
    /// Looks at no more than the first eight bytes; `None` when they begin neither a message nor a bundle.
    ///
    /// A quick check before anything else is done: whether the rest is sound, only
    /// [`PacketRef::decode`](crate::PacketRef::decode) says. Addresses without a slash, which
    /// [`Tolerances::ANY_ADDRESS`](crate::Tolerances::ANY_ADDRESS) lets through, are not recognised.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Option<Self> {
        match bytes.first()? {
            b'/' => Some(Self::Message),
            b'#' if bytes.starts_with(MARK) => Some(Self::Bundle),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_eight_bytes_of_the_mark_count() {
        for bytes in [&b""[..], b"#", b"#bundle", b"#bundlex", b"#bundles\0", b"a/", b"\0/"] {
            assert_eq!(PacketKind::sniff(bytes), None, "{bytes:?}");
        }
        assert_eq!(PacketKind::sniff(MARK), Some(PacketKind::Bundle));
        assert_eq!(PacketKind::sniff(b"/"), Some(PacketKind::Message));
    }
}
