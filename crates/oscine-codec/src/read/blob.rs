//! Blobs.

use crate::error::decode::DecodeErrorKind;
use crate::read::fault::{Fault, Read};
use crate::read::number::{bytes, int32};

/// A blob: an int32 size, that many bytes, then 0 to 3 zero bytes (OSC 1.0, "OSC-blob"). Gives the bytes.
#[inline]
pub(crate) fn blob(input: &[u8]) -> Read<'_, &[u8]> {
    let (rest, length) = int32(input)?;
    let misfit = || Fault::at(input, DecodeErrorKind::BlobLength { length, available: rest.len() });
    let size = usize::try_from(length).map_err(|_| misfit())?;
    let (rest, content) = bytes(rest, size).map_err(|_| misfit())?;
    let (rest, padding) = bytes(rest, size.wrapping_neg() & 3).map_err(|_| misfit())?;
    if padding.iter().any(|&byte| byte != 0) {
        let at = rest.len() + padding.len();
        return Err(Fault::at(
            input.get(input.len() - at..).unwrap_or_default(),
            DecodeErrorKind::BlobPadding,
        ));
    }
    Ok((rest, content))
}
