//! A character argument.

/// A character, type tag `c`: 32 bits, kept as they came.
///
/// The specification puts the character into the last of the four bytes. Two other layouts are in the field,
/// and [`to_char`](Self::to_char) reads them all: the character in the *first* byte (`0x61000000`), and a signed
/// byte extended to 32 bits (`0xffffffe9`). Both lie above U+10FFFF, so no Unicode scalar value is mistaken for
/// them.
///
/// # Examples
///
/// ```
/// use oscine_codec::Char;
///
/// assert_eq!(Char(0x61).to_char(), Some('a'));
/// assert_eq!(Char(0x6100_0000).to_char(), Some('a'));
/// assert_eq!(Char(0xffff_ffe9).to_char(), Some('é'));
/// assert_eq!(Char(0x1234_5678).to_char(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it is its 32 bits and nothing else")]
pub struct Char(pub u32);

impl Char {
    /// The character, whichever of the three layouts it came in.
    #[must_use]
    pub fn to_char(self) -> Option<char> {
        let [first, second, third, last] = self.0.to_be_bytes();
        match (first, second, third) {
            (0xff, 0xff, 0xff) => Some(char::from(last)),
            (1.., 0, 0) if last == 0 => Some(char::from(first)),
            _ => char::from_u32(self.0),
        }
    }
}

impl From<char> for Char {
    fn from(character: char) -> Self {
        Self(u32::from(character))
    }
}
