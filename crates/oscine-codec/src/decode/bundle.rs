//! Checks a bundle and all that is nested in it.

use smallvec::SmallVec;

use crate::decode::message::message;
use crate::decode::plain::plain_shape;
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::read::fault::place;
use crate::read::leniency::Leniency;
use crate::read::number::{bytes, int32, uint64};
use crate::tolerances::Tolerances;
use crate::view::bundle_ref::{BundleRef, INLINE_DEPTH, MARK};
use crate::view::shape::MessageShape;

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
    leniency: &mut Leniency<'_>,
) -> Result<BundleRef<'a>, DecodeError> {
    let limits = leniency.options.limits;
    let mut stack = SmallVec::<[Level<'a>; INLINE_DEPTH]>::new();
    let mut level = open(packet, packet.len())?;
    let mut depth = 1;
    let mut elements = 0;
    check_depth(depth, limits.depth).map_err(|kind| DecodeError::new(kind, 0))?;
    loop {
        if level.rest.is_empty() {
            match stack.pop() {
                Some(outer) => level = outer,
                None => return Ok(BundleRef::from_checked(packet, leniency.used)),
            }
            depth -= 1;
            continue;
        }
        let at = level.end - level.rest.len();
        if elements == limits.elements {
            let limit = limits.elements;
            return Err(DecodeError::new(DecodeErrorKind::TooManyElements { limit }, at));
        }
        elements += 1;
        let Some(element) = element(&mut level, leniency)? else { continue };
        if !element.starts_with(MARK) {
            if plain_shape(element, leniency.options) != MessageShape::NONE {
                continue;
            }
            if let Err(error) = message(element, leniency) {
                leave_out(error, leniency).map_err(|error| error.shifted(at + 4))?;
            }
            continue;
        }
        let inner = open(element, at + 4 + element.len())?;
        // "the OSC Time Tag of the enclosed bundle must be greater than or equal to the OSC Time Tag of the
        // enclosing bundle"
        if inner.time_tag < level.time_tag && !leniency.grants(Tolerances::TIME_ORDER) {
            return Err(DecodeError::new(DecodeErrorKind::BundleTimeOrder, at + 12));
        }
        depth += 1;
        check_depth(depth, limits.depth).map_err(|kind| DecodeError::new(kind, at + 4))?;
        stack.push(core::mem::replace(&mut level, inner));
    }
}

/// Takes the next element off `level`: a reader of exactly its size, so that it cannot reach its siblings. `None` if
/// there is nothing but zeros, and they are tolerated.
#[inline]
fn element<'a>(
    level: &mut Level<'a>,
    leniency: &mut Leniency<'_>,
) -> Result<Option<&'a [u8]>, DecodeError> {
    let at = level.end - level.rest.len();
    if level.rest.first_chunk() == Some(&[0; 4])
        && level.rest.len() % 4 == 0
        && level.rest.iter().all(|&byte| byte == 0)
        && leniency.grants(Tolerances::TRAILING_ZEROS)
    {
        level.rest = &[];
        return Ok(None);
    }
    let (rest, length) = int32(level.rest).map_err(|fault| place(fault, level.end))?;
    let misfit = || {
        let available = rest.len();
        DecodeError::new(DecodeErrorKind::ElementLength { length, available }, at)
    };
    // "The size [...] will always be a multiple of 4"; 0 is no packet at all.
    if length <= 0 || (length % 4 != 0 && !leniency.grants(Tolerances::UNALIGNED_ELEMENTS)) {
        return Err(misfit());
    }
    let size = usize::try_from(length).map_err(|_| misfit())?;
    let (rest, element) = bytes(rest, size).map_err(|_| misfit())?;
    level.rest = rest;
    Ok(Some(element))
}

/// Leaves an element out if that is tolerated. The views recognise it by the same signs.
#[cold]
fn leave_out(error: DecodeError, leniency: &mut Leniency<'_>) -> Result<(), DecodeError> {
    let tolerance = match error.kind() {
        DecodeErrorKind::UnknownTag { .. } => Tolerances::UNKNOWN_TAG,
        DecodeErrorKind::BadAddress => Tolerances::UNKNOWN_ELEMENT,
        _ => return Err(error),
    };
    if leniency.grants(tolerance) { Ok(()) } else { Err(error) }
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

fn check_depth(depth: u32, limit: u32) -> Result<(), DecodeErrorKind> {
    if depth > limit { Err(DecodeErrorKind::NestingTooDeep { limit }) } else { Ok(()) }
}
