//! Hexadecimal digits.

use std::fmt;

/// Bytes as hexadecimal digits.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads pairs of hexadecimal digits; white space is passed over.
pub(crate) fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() % 2 != 0 {
        return Err(format!("{} hexadecimal digits: their number has to be even", digits.len()));
    }
    let digit = |c: char| {
        let digit = c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digit.ok_or_else(|| format!("{c:?} is no hexadecimal digit"))
    };
    digits
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Ok(digit(*high)? * 16 + digit(*low)?),
            _ => Ok(0),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_to_bytes_and_back() {
        assert_eq!(unhex("2f 61 2F\n00"), Ok(b"/a/\0".to_vec()));
        assert_eq!(unhex(""), Ok(Vec::new()));
        assert!(unhex("2f6").is_err() && unhex("2g").is_err());
        assert_eq!(Hex(b"/a\x00").to_string(), "2f6100");
    }
}
