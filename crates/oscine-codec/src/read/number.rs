//! Fields of a fixed size.

use nom::Parser;
use nom::bytes::complete::take;
use nom::number::complete::{be_i32, be_u64};

use crate::error::decode::DecodeErrorKind;
use crate::read::fault::{Fault, Read};

/// Four bytes as a signed number, most significant first (OSC 1.0, "int32").
#[inline]
pub(crate) fn int32(input: &[u8]) -> Read<'_, i32> {
    be_i32(input).map_err(|_: nom::Err<Fault>| truncated(input, 4))
}

/// Eight bytes as an unsigned number, most significant first (OSC 1.0, "OSC-timetag").
#[inline]
pub(crate) fn uint64(input: &[u8]) -> Read<'_, u64> {
    be_u64(input).map_err(|_: nom::Err<Fault>| truncated(input, 8))
}

/// `size` bytes as they are.
#[inline]
pub(crate) fn bytes(input: &[u8], size: usize) -> Read<'_, &[u8]> {
    take(size).parse_complete(input).map_err(|_: nom::Err<Fault>| truncated(input, size))
}

#[cold]
fn truncated(input: &[u8], needed: usize) -> nom::Err<Fault> {
    Fault::at(input, DecodeErrorKind::Truncated { needed, available: input.len() })
}
