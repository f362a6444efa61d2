//! What to do about text that is not UTF-8.

use alloc::borrow::Cow;
use alloc::string::String;
use core::str::Utf8Error;

use crate::value::char::Char;
use crate::value::text::Text;

/// What to do about text that is not UTF-8, when it is read.
///
/// Such text is only there when [`Tolerances::INVALID_UTF8`](crate::Tolerances::INVALID_UTF8) let it through. It
/// holds for any [`Text`]: string and symbol arguments, addresses, in bundles or not.
///
/// # Examples
///
/// ```
/// use oscine_codec::{DecodeOptions, Packet, Profile, Text, TextPolicy};
///
/// let field = DecodeOptions::new().profile(Profile::Field);
/// let packet = Packet::decode_with(&b"/say\0\0\0\0,s\0\0caf\xe9\0\0\0\0"[..], &field)?;
/// let Packet::Message(message) = packet else { panic!("a message") };
/// let text = message.args().get::<Text>(0).expect("one string");
///
/// assert!(text.read(TextPolicy::Strict).is_err());
/// assert_eq!(text.read(TextPolicy::Replace)?, "caf\u{fffd}");
/// assert_eq!(text.read(TextPolicy::Ignore)?, "caf");
/// assert_eq!(text.read(TextPolicy::Latin1)?, "café");
/// let count = |bytes: &[u8]| format!("{} bytes", bytes.len());
/// assert_eq!(text.read(TextPolicy::Custom(count))?, "4 bytes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub enum TextPolicy {
    /// It is an error. The default.
    #[default]
    Strict,
    /// Each part that is not UTF-8 becomes U+FFFD.
    Replace,
    /// Each part that is not UTF-8 is left out.
    Ignore,
    /// The text is ISO 8859-1, whether or not it could be UTF-8: each byte is the character of its number.
    Latin1,
    /// The text is whatever this function makes of its bytes, whether or not it could be UTF-8: for other charsets.
    Custom(fn(&[u8]) -> String),
}

impl<'a> Text<'a> {
    /// The text, by a policy for what is not UTF-8. Allocates only when the text is not the bytes as they are.
    ///
    /// # Errors
    ///
    /// When the bytes are not UTF-8, and the policy is [`TextPolicy::Strict`].
    pub fn read(self, policy: TextPolicy) -> Result<Cow<'a, str>, Utf8Error> {
        match policy {
            TextPolicy::Strict => self.as_str().map(Cow::Borrowed),
            TextPolicy::Replace => Ok(self.to_str_lossy()),
            TextPolicy::Ignore => Ok(match self.as_str() {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => self.as_bytes().utf8_chunks().map(|chunk| chunk.valid()).collect(),
            }),
            TextPolicy::Latin1 => Ok(match self.as_str() {
                Ok(text) if text.is_ascii() => Cow::Borrowed(text),
                _ => self.as_bytes().iter().copied().map(char::from).collect(),
            }),
            TextPolicy::Custom(decode) => Ok(Cow::Owned(decode(self.as_bytes()))),
        }
    }
}

impl Char {
    /// The 32 bits, as they are on the wire.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        self.0
    }

    /// The character, by a policy for what is none by the letter of the specification.
    ///
    /// [`Strict`](TextPolicy::Strict) knows only the layout of the specification, all others know the three of
    /// [`to_char`](Self::to_char). For what is no character then, [`Replace`](TextPolicy::Replace) gives U+FFFD.
    /// [`Custom`](TextPolicy::Custom) gets a character of one byte as that byte, and has to make one character of it.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::{Char, TextPolicy};
    ///
    /// assert_eq!(Char(0xffff_ffe9).read(TextPolicy::Latin1), Some('é'));
    /// assert_eq!(Char(0xffff_ffe9).read(TextPolicy::Strict), None);
    /// let cyrillic = TextPolicy::Custom(|bytes| match bytes {
    ///     [byte @ 0xc0..=0xff] => char::from_u32(0x410 + u32::from(byte - 0xc0)).into_iter().collect(),
    ///     _ => String::from_utf8_lossy(bytes).into(),
    /// });
    /// assert_eq!(Char(0xffff_ffc1).read(cyrillic), Some('Б'));
    /// assert_eq!(Char(0x61).read(cyrillic), Some('a'));
    /// ```
    #[must_use]
    pub fn read(self, policy: TextPolicy) -> Option<char> {
        match policy {
            TextPolicy::Strict => char::from_u32(self.0),
            TextPolicy::Replace => Some(self.to_char().unwrap_or(char::REPLACEMENT_CHARACTER)),
            TextPolicy::Ignore | TextPolicy::Latin1 => self.to_char(),
            TextPolicy::Custom(decode) => {
                let character = self.to_char()?;
                let Ok(byte) = u8::try_from(character) else { return Some(character) };
                let text = decode(&[byte]);
                let mut characters = text.chars();
                characters.next().filter(|_| characters.next().is_none())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_says_what_the_bytes_mean() {
        let shout: fn(&[u8]) -> String = |bytes| String::from_utf8_lossy(bytes).to_uppercase();
        let cases: [(&[u8], [Option<&str>; 5]); 4] = [
            (b"abc", [Some("abc"), Some("abc"), Some("abc"), Some("abc"), Some("ABC")]),
            ("é".as_bytes(), [Some("é"), Some("é"), Some("é"), Some("Ã©"), Some("É")]),
            (
                b"\xffa\xe9b",
                [
                    None,
                    Some("\u{fffd}a\u{fffd}b"),
                    Some("ab"),
                    Some("ÿaéb"),
                    Some("\u{fffd}A\u{fffd}B"),
                ],
            ),
            (b"", [Some(""); 5]),
        ];
        let policies = [
            TextPolicy::Strict,
            TextPolicy::Replace,
            TextPolicy::Ignore,
            TextPolicy::Latin1,
            TextPolicy::Custom(shout),
        ];
        for (bytes, right) in cases {
            for (policy, right) in policies.into_iter().zip(right) {
                let read = Text::new(bytes).read(policy).ok();
                assert_eq!(read.as_deref(), right, "{bytes:?} {policy:?}");
            }
        }
        let plain = Text::new(b"abc").read(TextPolicy::Ignore);
        assert!(matches!(plain, Ok(Cow::Borrowed("abc"))));
    }

    #[test]
    fn characters() {
        assert_eq!(Char(0x1234_5678).read(TextPolicy::Replace), Some('\u{fffd}'));
        assert_eq!(Char(0x1234_5678).read(TextPolicy::Ignore), None);
        assert_eq!(Char(0x6100_0000).read(TextPolicy::Ignore), Some('a'));
        assert_eq!(Char(0x6100_0000).read(TextPolicy::Strict), None);
        assert_eq!(Char(0x20ac).read(TextPolicy::Custom(|_| "two".into())), Some('€'));
        assert_eq!(Char(0x61).read(TextPolicy::Custom(|_| "two".into())), None);
    }
}
