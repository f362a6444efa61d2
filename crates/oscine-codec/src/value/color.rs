//! A colour argument.

/// A colour, type tag `r`: four bytes on the wire, red first.
///
/// # Examples
///
/// ```
/// use oscine_codec::Color;
///
/// let orange = Color { r: 0xff, g: 0x80, b: 0x40, a: 0xff };
/// assert_eq!(u32::from(orange), 0xff80_40ff);
/// assert_eq!(Color::from(0xff80_40ff), orange);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_structs, reason = "the four bytes of the specification")]
pub struct Color {
    /// Red, 0 to 255.
    pub r: u8,
    /// Green, 0 to 255.
    pub g: u8,
    /// Blue, 0 to 255.
    pub b: u8,
    /// Alpha, 0 to 255.
    pub a: u8,
}

impl Color {
    pub(crate) const fn from_bytes([r, g, b, a]: [u8; 4]) -> Self {
        Self { r, g, b, a }
    }

    pub(crate) const fn to_bytes(self) -> [u8; 4] {
        [self.r, self.g, self.b, self.a]
    }
}

impl From<u32> for Color {
    fn from(rgba: u32) -> Self {
        Self::from_bytes(rgba.to_be_bytes())
    }
}

impl From<Color> for u32 {
    fn from(color: Color) -> Self {
        Self::from_be_bytes(color.to_bytes())
    }
}
