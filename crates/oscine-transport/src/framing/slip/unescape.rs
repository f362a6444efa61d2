//! Escapes back into bytes.

use memchr::memchr;

use crate::framing::slip::special::{END, ESC, ESC_END, ESC_ESC};

/// Replaces the escapes in `frame`, in place, and answers with the length that is left.
///
/// An ESC before any other byte, or at the end, is left out and the byte after it is kept; a strict
/// reader has refused such a frame before.
pub(super) fn unescape(frame: &mut [u8]) -> usize {
    let (mut read, mut write) = (0, 0);
    while let Some(plain) = frame.get(read..).and_then(|rest| memchr(ESC, rest)) {
        let esc = read + plain;
        frame.copy_within(read..esc, write);
        write += plain;
        read = esc + 2;
        let byte = match frame.get(esc + 1) {
            None => return write,
            Some(&ESC_END) => END,
            Some(&ESC_ESC) => ESC,
            Some(&byte) => byte,
        };
        if let Some(place) = frame.get_mut(write) {
            *place = byte;
        }
        write += 1;
    }
    if read < frame.len() {
        frame.copy_within(read.., write);
        write += frame.len() - read;
    }
    write
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, a byte at a time.
    fn naive(frame: &[u8]) -> Vec<u8> {
        let mut bytes = frame.iter().copied();
        let mut out = Vec::new();
        while let Some(byte) = bytes.next() {
            match byte {
                ESC => match bytes.next() {
                    Some(ESC_END) => out.push(END),
                    Some(ESC_ESC) => out.push(ESC),
                    Some(other) => out.push(other),
                    None => {}
                },
                _ => out.push(byte),
            }
        }
        out
    }

    fn byte() -> impl Strategy<Value = u8> {
        prop_oneof![Just(ESC), Just(ESC_END), Just(ESC_ESC), any::<u8>()]
    }

    proptest! {
        #[test]
        fn is_the_same_as_a_byte_at_a_time(frame in prop::collection::vec(byte(), 0..64)) {
            let mut bytes = frame.clone();
            let length = unescape(&mut bytes);
            bytes.truncate(length);
            prop_assert_eq!(bytes, naive(&frame));
        }
    }
}
