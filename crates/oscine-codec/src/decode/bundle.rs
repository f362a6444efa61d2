//! Checks a bundle and all that is nested in it.

use smallvec::SmallVec;

use crate::decode::message::message;
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::options::DecodeOptions;
use crate::read::fault::place;
use crate::read::number::{bytes, int32, uint64};
use crate::view::bundle_ref::{BundleRef, INLINE_DEPTH, MARK};

/// One bundle on the way down.
struct Level<'a> {
    /// The elements that are left, without those of nested bundles.
    rest: &'a [u8],
    /// Where `rest` ends, in bytes from the start of the packet.
    end: usize,
    time_tag: u64,
}

/// Checks that `packet`, which begins with `#`, is a bundle (OSC 1.0, "OSC Bundles").
pub(crate) fn bundle<'a>(
    packet: &'a [u8],
    options: &DecodeOptions,
) -> Result<BundleRef<'a>, DecodeError> {
    let mut stack = SmallVec::<[Level<'a>; INLINE_DEPTH]>::new();
    let mut level = open(packet, packet.len())?;
    let mut depth = 1;
    let mut elements = 0;
    check_depth(depth, options).map_err(|kind| DecodeError::new(kind, 0))?;
    loop {
        if level.rest.is_empty() {
            match stack.pop() {
                Some(outer) => level = outer,
                None => return Ok(BundleRef::from_checked(packet)),
            }
            depth -= 1;
            continue;
        }
        let at = level.end - level.rest.len();
        if elements == options.limits.elements {
            let limit = options.limits.elements;
            return Err(DecodeError::new(DecodeErrorKind::TooManyElements { limit }, at));
        }
        elements += 1;
        let element = element(&mut level)?;
        if element.first() != Some(&b'#') {
            message(element, options).map_err(|error| error.shifted(at + 4))?;
            continue;
        }
        let inner = open(element, at + 4 + element.len())?;
        // "the OSC Time Tag of the enclosed bundle must be greater than or equal to the OSC Time Tag of the
        // enclosing bundle"
        if options.strict() && inner.time_tag < level.time_tag {
            return Err(DecodeError::new(DecodeErrorKind::BundleTimeOrder, at + 12));
        }
        depth += 1;
        check_depth(depth, options).map_err(|kind| DecodeError::new(kind, at + 4))?;
        stack.push(core::mem::replace(&mut level, inner));
    }
}

/// Takes the next element off `level`: a reader of exactly its size, so that it cannot reach its siblings.
fn element<'a>(level: &mut Level<'a>) -> Result<&'a [u8], DecodeError> {
    let at = level.end - level.rest.len();
    let (rest, length) = int32(level.rest).map_err(|fault| place(fault, level.end))?;
    let misfit = || {
        let available = rest.len();
        DecodeError::new(DecodeErrorKind::ElementLength { length, available }, at)
    };
    // "The size [...] will always be a multiple of 4"; 0 is no packet at all.
    if length <= 0 || length % 4 != 0 {
        return Err(misfit());
    }
    let size = usize::try_from(length).map_err(|_| misfit())?;
    let (rest, element) = bytes(rest, size).map_err(|_| misfit())?;
    level.rest = rest;
    Ok(element)
}

/// Reads the head of the bundle that `bytes`, which ends at offset `end` of the packet, is.
fn open(bytes: &[u8], end: usize) -> Result<Level<'_>, DecodeError> {
    // `#bundle` and its NUL: all eight bytes.
    let Some(rest) = bytes.strip_prefix(MARK) else {
        return Err(DecodeError::new(DecodeErrorKind::NotAPacket, end - bytes.len()));
    };
    let (rest, time_tag) = uint64(rest).map_err(|fault| place(fault, end))?;
    Ok(Level { rest, end, time_tag })
}

fn check_depth(depth: u32, options: &DecodeOptions) -> Result<(), DecodeErrorKind> {
    let limit = options.limits.depth;
    if depth > limit { Err(DecodeErrorKind::NestingTooDeep { limit }) } else { Ok(()) }
}
