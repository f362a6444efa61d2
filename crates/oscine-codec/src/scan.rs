//! The short way through strings and blobs with nothing special about them, several bytes at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const ONES_4: u32 = 0x0101_0101;
const HIGHS_4: u32 = 0x8080_8080;

/// Splits a string from what follows it, without its terminator and padding, if there is nothing special about it:
/// ASCII, terminated, padded with NULs up to a multiple of 4. `None` otherwise.
///
/// Nearly all strings are like that, and this looks at each of their bytes once.
#[inline(always)]
pub(crate) fn plain_text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = data;
    while let Some((bytes, tail)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*bytes);
        // A byte below 0x80 that is not zero leaves its high bit clear in both; so a special byte is either zero or
        // not ASCII, and the first one is exact.
        let special = (word.wrapping_sub(ONES) | word) & HIGHS;
        if special == 0 {
            rest = tail;
            continue;
        }
        let bits = special.trailing_zeros() & !7;
        let text = data.get(..data.len() - rest.len() + (bits / 8) as usize)?;
        // It is the terminator if all is NUL from there to the next multiple of 4.
        if bits < 32 {
            let (first, _) = rest.split_first_chunk::<4>()?;
            let clean = u32::from_le_bytes(*first) >> bits == 0;
            return if clean { Some((text, rest.get(4..)?)) } else { None };
        }
        return if word >> bits == 0 { Some((text, tail)) } else { None };
    }
    let (bytes, tail) = rest.split_first_chunk::<4>()?;
    let word = u32::from_le_bytes(*bytes);
    let special = (word.wrapping_sub(ONES_4) | word) & HIGHS_4;
    let bits = special.trailing_zeros() & !7;
    // Without a special byte `bits` is 32: nothing is left to shift, and this is no end.
    if special == 0 || word >> bits != 0 {
        return None;
    }
    Some((data.get(..data.len() - rest.len() + (bits / 8) as usize)?, tail))
}

/// Splits a blob's bytes from what follows it and its padding, if the blob fits and its padding is zero.
#[inline(always)]
pub(crate) fn plain_blob(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_first_chunk()?;
    let size = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    let (blob, rest) = rest.split_at_checked(size)?;
    let (padding, rest) = rest.split_at_checked(size.wrapping_neg() & 3)?;
    padding.iter().all(|&byte| byte == 0).then_some((blob, rest))
}

/// Splits a string from what follows it, without its terminator and padding, whatever is in either. Without a
/// terminator it takes all.
#[inline]
pub(crate) fn any_text(data: &[u8]) -> (&[u8], &[u8]) {
    match plain_text(data) {
        Some(split) => split,
        None => special_text(data),
    }
}

#[cold]
fn special_text(data: &[u8]) -> (&[u8], &[u8]) {
    let len = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (text, rest) = data.split_at(len);
    (text, rest.get(4 - (len & 3)..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// Byte by byte.
    fn naive(data: &[u8]) -> Option<(&[u8], &[u8])> {
        let len = data.iter().position(|&byte| byte == 0)?;
        let end = (len & !3) + 4;
        let clean = data.get(len..end)?.iter().all(|&byte| byte == 0);
        (clean && data[..len].is_ascii()).then(|| (&data[..len], &data[end..]))
    }

    #[test]
    fn agrees_with_looking_at_each_byte() {
        let bytes = [0, 1, b'a', 0x7f, 0x80, 0x81, 0xff];
        for len in 0..24_usize {
            // A few thousand strings of each length, by a generator that visits all short ones.
            for seed in 0..3000_usize {
                let mut state = seed;
                let data: Vec<u8> = (0..len)
                    .map(|place| {
                        state = state.wrapping_mul(31).wrapping_add(place * 7 + seed / 7);
                        if seed % 3 == 0 && place + 3 < len { b'x' } else { bytes[state % 7] }
                    })
                    .collect();
                assert_eq!(plain_text(&data), naive(&data), "{data:?}");
                let (text, _) = any_text(&data);
                assert_eq!(text.len(), data.iter().position(|b| *b == 0).unwrap_or(len));
            }
        }
    }
}
