//! The error of the primitive readers.

use nom::error::{ErrorKind, ParseError};

use crate::error::decode::{DecodeError, DecodeErrorKind};

/// What a reader returns: the bytes that are left, and what it read.
pub(crate) type Read<'a, T> = nom::IResult<&'a [u8], T, Fault>;

/// How a reader fails.
pub(crate) type Failure = nom::Err<Fault>;

/// What is wrong, and how many bytes are left from there to the end of the reader's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    kind: DecodeErrorKind,
    left: usize,
}

impl Fault {
    /// A fault at the first of the bytes in `rest`.
    pub(crate) fn at(rest: &[u8], kind: DecodeErrorKind) -> nom::Err<Self> {
        nom::Err::Error(Self { kind, left: rest.len() })
    }
}

impl ParseError<&[u8]> for Fault {
    fn from_error_kind(rest: &[u8], _: ErrorKind) -> Self {
        // nom's own parsers fail only for want of bytes; readers say themselves how many they need.
        let left = rest.len();
        Self { kind: DecodeErrorKind::Truncated { needed: left + 1, available: left }, left }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// Turns "bytes left" into an offset: a reader whose input ended at `end` stopped `left` bytes before it.
pub(crate) fn place(error: nom::Err<Fault>, end: usize) -> DecodeError {
    match error {
        nom::Err::Error(fault) | nom::Err::Failure(fault) => {
            DecodeError::new(fault.kind, end.saturating_sub(fault.left))
        }
        // Only streaming parsers ask for more, and there are none here.
        nom::Err::Incomplete(_) => {
            DecodeError::new(DecodeErrorKind::Truncated { needed: 1, available: 0 }, end)
        }
    }
}
