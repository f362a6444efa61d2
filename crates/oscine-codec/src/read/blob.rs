//! Blobs.

use crate::error::decode::DecodeErrorKind;
use crate::read::fault::{Fault, Read};
use crate::read::leniency::Leniency;
use crate::read::number::{bytes, int32};
use crate::tolerances::Tolerances;

/// A blob: an int32 size, that many bytes, then 0 to 3 zero bytes (OSC 1.0, "OSC-blob"). Gives the bytes.
#[inline]
pub(crate) fn blob<'a>(input: &'a [u8], leniency: &mut Leniency<'_>) -> Read<'a, &'a [u8]> {
    let (rest, length) = int32(input)?;
    let misfit = || Fault::at(input, DecodeErrorKind::BlobLength { length, available: rest.len() });
    let size = usize::try_from(length).map_err(|_| misfit())?;
    let (rest, content) = bytes(rest, size).map_err(|_| misfit())?;
    let (padding, rest) = match rest.split_at_checked(size.wrapping_neg() & 3) {
        Some(split) => split,
        None if leniency.grants(Tolerances::MISSING_PADDING) => (rest, &[][..]),
        None => return Err(misfit()),
    };
    let clean = padding.iter().all(|&byte| byte == 0);
    if !clean && !leniency.grants(Tolerances::DIRTY_PADDING) {
        let at = input.len() - rest.len() - padding.len();
        let padding = input.get(at..).unwrap_or_default();
        return Err(Fault::at(padding, DecodeErrorKind::BlobPadding));
    }
    Ok((rest, content))
}
