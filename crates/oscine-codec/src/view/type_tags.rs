//! The type tag string of a message.

use core::fmt;

/// The type tag string of a message, without its comma: one ASCII character an argument, and the brackets of
/// arrays (OSC 1.0, "OSC Type Tag String").
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeTags<'a>(&'a [u8]);

impl<'a> TypeTags<'a> {
    #[inline]
    pub(crate) const fn new(tags: &'a [u8]) -> Self {
        Self(tags)
    }

    /// The tags as bytes, without the comma.
    #[must_use]
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The tags as text, without the comma.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        // Decoding accepts ASCII tags only.
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// Whether every tag is one that we know.
    pub(crate) fn are_known(self) -> bool {
        self.0.iter().all(|tag| b"ifsbhtdScrmTFNI[]".contains(tag))
    }

    /// Whether there is no tag.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq<str> for TypeTags<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for TypeTags<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

/// With the comma.
impl fmt::Display for TypeTags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ",{}", self.as_str())
    }
}

impl fmt::Debug for TypeTags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
