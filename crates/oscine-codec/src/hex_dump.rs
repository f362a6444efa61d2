//! Bytes for a person.

use core::fmt::{self, Write};

/// Bytes as a hex dump, printed by `Display`: 16 a line in groups of 4, behind the decimal offset of the first,
/// and before their ASCII characters.
///
/// A dot stands for what is not printable. Lines have no line feed after the last; no bytes are no line.
///
/// # Examples
///
/// ```
/// use oscine_codec::{HexDump, Message};
///
/// let message = Message::new("/synth/freq", (440.0_f32,))?;
/// assert_eq!(
///     HexDump(message.as_bytes()).to_string(),
///     "   0  2f73796e 74682f66 72657100 2c660000  /synth/freq.,f..\n  16  43dc0000                             C..."
/// );
/// # Ok::<(), oscine_codec::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct HexDump<'a>(pub &'a [u8]);

impl fmt::Display for HexDump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.chunks(16).enumerate() {
            if index > 0 {
                f.write_char('\n')?;
            }
            write!(f, "{:4} ", index * 16)?;
            for at in 0..16 {
                if at % 4 == 0 {
                    f.write_char(' ')?;
                }
                match line.get(at) {
                    Some(byte) => write!(f, "{byte:02x}")?,
                    None => f.write_str("  ")?,
                }
            }
            f.write_str("  ")?;
            for &byte in line {
                let printable = byte.is_ascii_graphic() || byte == b' ';
                f.write_char(if printable { char::from(byte) } else { '.' })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn columns_stay_in_line() {
        assert_eq!(HexDump(&[]).to_string(), "");
        let bytes = [0x41, 0x20, 0x7f, 0xff, 0x7e];
        let right = "   0  41207fff 7e                          A ..~";
        assert_eq!(HexDump(&bytes).to_string(), right);
        let dump = HexDump(&[b'x'; 40]).to_string();
        assert_eq!(dump.lines().count(), 3);
        let columns = dump.lines().map(|line| line.find("  x"));
        assert!(columns.eq([Some(41); 3]));
        assert!(dump.lines().map(|line| &line[..4]).eq(["   0", "  16", "  32"]));
    }
}
