//! Checks a type tag string against its data.

use crate::error::decode::DecodeErrorKind;
use crate::limits::Limits;
use crate::read::blob::blob;
use crate::read::fault::{Fault, Read};
use crate::read::number::bytes;
use crate::read::string::string;

/// Checks that `data` begins with the arguments that `tags` (without the comma) announces.
///
/// A fault in the tags themselves is reported as the index of the tag.
pub(crate) fn arguments<'a>(
    tags: &[u8],
    data: &'a [u8],
    limits: &Limits,
) -> Result<Read<'a, ()>, (DecodeErrorKind, usize)> {
    // A limit beyond what a usize can count is no limit.
    let limit = usize::try_from(limits.arguments).unwrap_or(usize::MAX);
    let mut rest = data;
    let mut depth = 0_u32;
    for (index, &tag) in tags.iter().take(limit).enumerate() {
        let read = match tag {
            b'i' | b'f' | b'c' | b'r' | b'm' => bytes(rest, 4),
            b's' | b'S' => string(rest),
            b'b' => blob(rest),
            b'h' | b'd' | b't' => bytes(rest, 8),
            b'T' | b'F' | b'N' | b'I' => continue,
            b'[' if depth == limits.array_depth => {
                let limit = limits.array_depth;
                return Err((DecodeErrorKind::NestingTooDeep { limit }, index));
            }
            b'[' => {
                depth += 1;
                continue;
            }
            b']' => match depth.checked_sub(1) {
                Some(outer) => {
                    depth = outer;
                    continue;
                }
                None => return Err((DecodeErrorKind::UnbalancedArray, index)),
            },
            // The size of its data is unknown, so nothing after it can be read.
            _ => return Err((DecodeErrorKind::UnknownTag { tag }, index)),
        };
        rest = match read {
            Ok((rest, _)) => rest,
            Err(fault) => return Ok(Err(fault)),
        };
    }
    if tags.len() > limit {
        return Err((DecodeErrorKind::TooManyArguments { limit: limits.arguments }, limit));
    }
    if depth > 0 {
        return Err((DecodeErrorKind::UnbalancedArray, tags.len()));
    }
    if !rest.is_empty() {
        let kind = DecodeErrorKind::TrailingData { bytes: rest.len() };
        return Ok(Err(Fault::at(rest, kind)));
    }
    Ok(Ok((rest, ())))
}
