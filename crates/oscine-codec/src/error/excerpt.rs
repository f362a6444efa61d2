//! The bytes around an error.

use core::fmt;

use crate::error::decode::DecodeError;

/// How many bytes are shown before the offset, and how many from there on.
const AROUND: usize = 8;

impl DecodeError {
    /// The bytes around the error, as hexadecimal on one line: the one at the offset in brackets, which are empty
    /// when that is the end.
    ///
    /// `bytes` is what was decoded. At most 8 bytes are shown on either side; `..` says that there are more.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_codec::PacketRef;
    ///
    /// let bytes = b"/oscillator\0,x\0\0";
    /// let error = PacketRef::decode(bytes).unwrap_err();
    /// assert_eq!(error.to_string(), "unknown type tag 'x' at byte 13");
    /// assert_eq!(error.excerpt(bytes).to_string(), ".. 6c 6c 61 74 6f 72 00 2c [78] 00 00");
    /// ```
    #[must_use]
    pub const fn excerpt<'a>(&self, bytes: &'a [u8]) -> Excerpt<'a> {
        Excerpt { bytes, offset: self.offset() }
    }
}

/// The bytes around a [`DecodeError`], printed by `Display`.
#[derive(Debug, Clone, Copy)]
pub struct Excerpt<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset.min(self.bytes.len());
        let (before, after) = self.bytes.split_at(offset);
        let start = before.len().saturating_sub(AROUND);
        f.write_str(if start > 0 { ".. " } else { "" })?;
        for byte in before.get(start..).unwrap_or_default() {
            write!(f, "{byte:02x} ")?;
        }
        let Some((at, after)) = after.split_first() else {
            return f.write_str("[]");
        };
        write!(f, "[{at:02x}]")?;
        for byte in after.iter().take(AROUND - 1) {
            write!(f, " {byte:02x}")?;
        }
        f.write_str(if after.len() >= AROUND { " .." } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::error::decode::DecodeErrorKind;

    #[test]
    fn the_place_is_marked_wherever_it_is() {
        let bytes: [u8; 20] =
            *b"\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13";
        let cases = [
            (0, "[00] 01 02 03 04 05 06 07 .."),
            (2, "00 01 [02] 03 04 05 06 07 08 09 .."),
            (9, ".. 01 02 03 04 05 06 07 08 [09] 0a 0b 0c 0d 0e 0f 10 .."),
            (12, ".. 04 05 06 07 08 09 0a 0b [0c] 0d 0e 0f 10 11 12 13"),
            (20, ".. 0c 0d 0e 0f 10 11 12 13 []"),
            (99, ".. 0c 0d 0e 0f 10 11 12 13 []"),
        ];
        for (offset, right) in cases {
            let error = DecodeError::new(DecodeErrorKind::Empty, offset);
            assert_eq!(error.excerpt(&bytes).to_string(), right, "{offset}");
        }
        assert_eq!(DecodeError::new(DecodeErrorKind::Empty, 0).excerpt(&[]).to_string(), "[]");
    }
}
