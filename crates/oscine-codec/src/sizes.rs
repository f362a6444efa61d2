//! How large arguments are.

/// How many bytes of data a type tag has, if that is always the same.
#[inline(always)]
pub(crate) fn fixed_size(tag: u8) -> Option<usize> {
    // By table: this is looked up for every argument there is.
    match SIZES.get(usize::from(tag)) {
        Some(&size) if size <= 8 => Some(usize::from(size)),
        _ => None,
    }
}

const SIZES: [u8; 256] = {
    let mut sizes = [u8::MAX; 256];
    let mut rest: &[(&[u8], u8)] = &[(b"TFNI", 0), (b"ifcrm", 4), (b"hdt", 8)];
    while let Some((&(mut tags, size), tail)) = rest.split_first() {
        while let Some((&tag, more)) = tags.split_first() {
            if let Some((_, [place, ..])) = sizes.split_at_mut_checked(tag as usize) {
                *place = size;
            }
            tags = more;
        }
        rest = tail;
    }
    sizes
};
