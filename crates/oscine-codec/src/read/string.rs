//! Padded strings.

use crate::error::decode::DecodeErrorKind;
use crate::read::fault::{Fault, Read};
use crate::read::leniency::Leniency;
use crate::scan::plain_text;
use crate::tolerances::Tolerances;

/// A string: bytes, a NUL, then NULs up to a multiple of 4 (OSC 1.0, "OSC-string"). Gives the bytes before
/// the NUL, which are UTF-8.
#[inline(always)]
pub(crate) fn string<'a>(input: &'a [u8], leniency: &mut Leniency<'_>) -> Read<'a, &'a [u8]> {
    match plain_text(input) {
        Some((text, rest)) => Ok((rest, text)),
        None => special(input, leniency),
    }
}

/// A string that is not plain: beyond ASCII, or not as the specification has it.
#[cold]
fn special<'a>(input: &'a [u8], leniency: &mut Leniency<'_>) -> Read<'a, &'a [u8]> {
    let Some(len) = input.iter().position(|&byte| byte == 0) else {
        return Err(Fault::at(input, DecodeErrorKind::UnterminatedString));
    };
    let Some((field, rest)) = input.split_at_checked((len & !3) + 4) else {
        return unpadded(input, len, leniency);
    };
    let (text, padding) = field.split_at(len);
    // "followed by 0-3 additional null characters"
    let clean = padding.iter().all(|&byte| byte == 0);
    if !clean && !leniency.grants(Tolerances::DIRTY_PADDING) {
        let after = input.get(len + 1..).unwrap_or_default();
        return Err(Fault::at(after, DecodeErrorKind::StringPadding));
    }
    beyond_ascii(input, text, leniency)?;
    Ok((rest, text))
}

/// A string that ends with its input, before its padding does.
fn unpadded<'a>(input: &'a [u8], len: usize, leniency: &mut Leniency<'_>) -> Read<'a, &'a [u8]> {
    let (text, padding) = input.split_at(len);
    // Senders that do not pad end right after the NUL; anything else was cut short.
    if padding.len() > 1 || !leniency.grants(Tolerances::MISSING_PADDING) {
        let kind = DecodeErrorKind::Truncated { needed: 4 - (len & 3), available: padding.len() };
        return Err(Fault::at(padding, kind));
    }
    beyond_ascii(input, text, leniency)?;
    Ok((&[], text))
}

/// The specification says ASCII; all current software sends UTF-8, and some sends what it likes.
fn beyond_ascii(
    input: &[u8],
    text: &[u8],
    leniency: &mut Leniency<'_>,
) -> Result<(), nom::Err<Fault>> {
    let at = |offset, kind| Fault::at(input.get(offset..).unwrap_or_default(), kind);
    if leniency.options.ascii_only {
        if let Some(offset) = text.iter().position(|byte| !byte.is_ascii()) {
            return Err(at(offset, DecodeErrorKind::NotAscii));
        }
    }
    match core::str::from_utf8(text) {
        Err(error) if !leniency.grants(Tolerances::INVALID_UTF8) => {
            Err(at(error.valid_up_to(), DecodeErrorKind::InvalidUtf8))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DecodeOptions;
    use crate::read::fault::place;

    #[test]
    fn strings_end_where_the_specification_says() {
        let good: [(&[u8], &[u8], usize); 6] = [
            (b"\0\0\0\0", b"", 0),
            (b"a\0\0\0", b"a", 0),
            (b"abc\0tail", b"abc", 4),
            (b"abcd\0\0\0\0", b"abcd", 0),
            ("é\0\0".as_bytes(), "é".as_bytes(), 0),
            ("abcé\0\0\0more".as_bytes(), "abcé".as_bytes(), 4),
        ];
        for (input, text, left) in good {
            let (rest, read) = string(input, &mut Leniency::new(&DecodeOptions::new())).unwrap();
            assert_eq!((read, rest.len()), (text, left), "{input:?}");
        }
        let bad: [(&[u8], DecodeErrorKind, usize); 7] = [
            (b"", DecodeErrorKind::UnterminatedString, 0),
            (b"abcd", DecodeErrorKind::UnterminatedString, 0),
            (b"a\0\0", DecodeErrorKind::Truncated { needed: 3, available: 2 }, 1),
            (b"a\0b\0", DecodeErrorKind::StringPadding, 2),
            (b"a\0\0\x01", DecodeErrorKind::StringPadding, 2),
            (b"\xe9\0\0\0", DecodeErrorKind::InvalidUtf8, 0),
            (b"ab\xff\0", DecodeErrorKind::InvalidUtf8, 2),
        ];
        for (input, kind, offset) in bad {
            let error = place(
                string(input, &mut Leniency::new(&DecodeOptions::new())).unwrap_err(),
                input.len(),
            );
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{input:?}");
        }
    }
}
