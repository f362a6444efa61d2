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

    /// The tags as characters, without the comma.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::Message;
    ///
    /// let message = Message::new("/a", (1, ["x"]))?;
    /// let tags = message.type_tags().expect("there are some");
    /// assert!(tags.iter().eq(['i', '[', 's', ']']));
    /// # Ok::<(), oscine_codec::EncodeError>(())
    /// ```
    #[must_use]
    pub fn iter(self) -> impl ExactSizeIterator<Item = char> + DoubleEndedIterator + Clone + 'a {
        self.0.iter().copied().map(char::from)
    }

    /// How many tags there are, brackets included.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.0.len()
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
