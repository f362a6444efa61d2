//! Text in a packet.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::str::{self, Utf8Error};

/// Text in a packet: a slice of it, without the terminating NULs.
///
/// Profiles [`Strict`](crate::Profile::Strict) and [`Spec`](crate::Profile::Spec) refuse packets with text
/// that is not UTF-8, so there [`as_str`](Self::as_str) never fails. It compares with `str` and prints (lossily)
/// by itself.
///
/// # Examples
///
/// ```
/// use oscine_codec::Message;
///
/// let message = Message::new("/say", ("hi",))?;
/// let text = message.args().next().and_then(|arg| arg.as_text()).expect("one string");
/// assert_eq!(text, "hi");
/// assert_eq!(text.as_str(), Ok("hi"));
/// assert_eq!(text.as_bytes(), b"hi");
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    #[inline]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes, as they are in the packet.
    #[must_use]
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// When the bytes are not UTF-8.
    #[inline]
    pub const fn as_str(self) -> Result<&'a str, Utf8Error> {
        str::from_utf8(self.0)
    }

    /// The text, with U+FFFD for what is not UTF-8.
    #[must_use]
    pub fn to_str_lossy(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.0)
    }

    /// The length in bytes.
    #[must_use]
    #[inline]
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether it is the empty text.
    #[must_use]
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_str_lossy(), f)
    }
}
