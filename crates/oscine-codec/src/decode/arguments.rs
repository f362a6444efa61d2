//! Checks a type tag string against its data.

use crate::error::decode::DecodeErrorKind;
use crate::read::blob::blob;
use crate::read::fault::{Failure, Fault};
use crate::read::leniency::Leniency;
use crate::read::number::bytes;
use crate::read::string::string;
use crate::sizes::fixed_size;
use crate::tolerances::Tolerances;

/// What is wrong with the arguments, and where.
pub(crate) enum Wrong {
    /// In the data.
    Data(Failure),
    /// In the type tags, at this one.
    Tag(DecodeErrorKind, usize),
}

impl From<Failure> for Wrong {
    fn from(fault: Failure) -> Self {
        Self::Data(fault)
    }
}

/// Checks that `data` is the arguments that `tags` (without the comma) announces, and nothing more.
#[inline]
pub(crate) fn arguments(
    tags: &[u8],
    data: &[u8],
    leniency: &mut Leniency<'_>,
) -> Result<(), Wrong> {
    let limits = &leniency.options.limits;
    // A limit beyond what a usize can count is no limit.
    let limit = usize::try_from(limits.arguments).unwrap_or(usize::MAX);
    let checked = tags.get(..limit).unwrap_or(tags);
    let mut depth = 0_u32;
    let mut rest = data;
    // Arguments of a fixed size are only counted, and passed over together: from `run` on, `size` bytes.
    let mut run = 0;
    let mut size = 0;
    for (index, &tag) in checked.iter().enumerate() {
        if let Some(fixed) = fixed_size(tag) {
            size += fixed;
            continue;
        }
        match tag {
            b's' | b'S' => {
                rest = string(pass(rest, size, tags, run, leniency)?, leniency)?.0;
                (run, size) = (index + 1, 0);
            }
            b'b' => {
                rest = blob(pass(rest, size, tags, run, leniency)?, leniency)?.0;
                (run, size) = (index + 1, 0);
            }
            b'[' if depth == limits.array_depth => {
                let limit = limits.array_depth;
                return Err(Wrong::Tag(DecodeErrorKind::NestingTooDeep { limit }, index));
            }
            b'[' => depth += 1,
            b']' if depth == 0 => return Err(Wrong::Tag(DecodeErrorKind::UnbalancedArray, index)),
            b']' => depth -= 1,
            // The size of its data is unknown, so nothing after it can be read.
            _ => return Err(Wrong::Tag(DecodeErrorKind::UnknownTag { tag }, index)),
        }
    }
    if tags.len() > limit {
        let kind = DecodeErrorKind::TooManyArguments { limit: limits.arguments };
        return Err(Wrong::Tag(kind, limit));
    }
    let rest = pass(rest, size, tags, run, leniency)?;
    if depth > 0 {
        return Err(Wrong::Tag(DecodeErrorKind::UnbalancedArray, tags.len()));
    }
    if !rest.is_empty() {
        let zeros = rest.iter().all(|&byte| byte == 0);
        if zeros && leniency.grants(Tolerances::TRAILING_ZEROS) {
            return Ok(());
        }
        let kind = DecodeErrorKind::TrailingData { bytes: rest.len() };
        return Err(Fault::at(rest, kind).into());
    }
    Ok(())
}

/// Passes over the arguments of a fixed size from tag `run` on, `size` bytes together.
#[inline]
fn pass<'a>(
    data: &'a [u8],
    size: usize,
    tags: &[u8],
    run: usize,
    leniency: &mut Leniency<'_>,
) -> Result<&'a [u8], Failure> {
    match data.get(size..) {
        Some(rest) => Ok(rest),
        None => short(data, tags.get(run..).unwrap_or_default(), leniency),
    }
}

/// Finds the first of the arguments of a fixed size for which `data` is too short.
#[cold]
fn short<'a>(
    data: &'a [u8],
    tags: &[u8],
    leniency: &mut Leniency<'_>,
) -> Result<&'a [u8], Failure> {
    let mut rest = data;
    for (index, tag) in tags.iter().enumerate() {
        let cut = index + 1 == tags.len() && *tag == b'f' && (1..4).contains(&rest.len());
        if cut && leniency.grants(Tolerances::SHORT_FLOAT) {
            return Ok(&[]);
        }
        rest = bytes(rest, fixed_size(*tag).unwrap_or_default())?.0;
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DecodeOptions;
    use crate::read::fault::place;

    #[test]
    fn a_fault_is_placed_at_the_argument_it_is_in() {
        let truncated = |needed, available| DecodeErrorKind::Truncated { needed, available };
        let cases: [(&[u8], &[u8], DecodeErrorKind, usize); 6] = [
            (b"iih", &[0; 12], truncated(8, 4), 8),
            (b"i", &[0; 0], truncated(4, 0), 0),
            (b"Tis", &[0; 4], DecodeErrorKind::UnterminatedString, 4),
            (b"hsd", b"12345678abc\x001234", truncated(8, 4), 12),
            (b"bi", b"\0\0\0\x01\x01\0\0\0\0\0", truncated(4, 2), 8),
            (b"iT", &[0; 8], DecodeErrorKind::TrailingData { bytes: 4 }, 4),
        ];
        for (tags, data, kind, offset) in cases {
            let Err(Wrong::Data(fault)) =
                arguments(tags, data, &mut Leniency::new(&DecodeOptions::new()))
            else {
                panic!("{tags:?}");
            };
            let error = place(fault, data.len());
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{tags:?}");
        }
    }
}
