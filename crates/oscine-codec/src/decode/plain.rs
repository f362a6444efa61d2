//! The short way: messages with nothing special about them.

use crate::options::DecodeOptions;
use crate::scan::{plain_blob, plain_text};
use crate::sizes::fixed_size;
use crate::tolerances::Tolerances;
use crate::view::shape::MessageShape;

/// The shape of the message that `bytes` is, if it is one by the letter, its text is ASCII, and nothing unusual is
/// asked for.
///
/// Nearly all messages are like that. [`MessageShape::NONE`] says nothing but that the long way has to be gone, which
/// finds out what is wrong, if anything. What is accepted here is accepted there, with the same outcome and no
/// tolerance.
///
/// Returns in registers; the views are then made where they are used, and never copied.
#[inline(never)]
pub(crate) fn plain_shape(bytes: &[u8], options: &DecodeOptions) -> MessageShape {
    shape(bytes, options).unwrap_or(MessageShape::NONE)
}

/// The address, type tags (without the comma) and data of a message, if the first two have nothing special about
/// them and nothing unusual is asked for. The data is not looked at.
#[inline(always)]
pub(crate) fn plain_head<'a>(
    bytes: &'a [u8],
    options: &DecodeOptions,
) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
    if bytes.len() > options.limits.packet_size.min(i32::MAX as usize) {
        return None;
    }
    let (b'/', _) = bytes.split_first()? else { return None };
    let (address, rest) = plain_text(bytes)?;
    let (b',', _) = rest.split_first()? else { return None };
    let (tags, data) = plain_text(rest)?;
    let (_, tags) = tags.split_first()?;
    // One comparison for all that is rarely set.
    (tags.len() < options.plain_below).then_some((address, tags, data))
}

#[inline(always)]
fn shape(bytes: &[u8], options: &DecodeOptions) -> Option<MessageShape> {
    let (address, tags, data) = plain_head(bytes, options)?;
    let mut left = data;
    // Arguments of a fixed size are only counted, and passed over together.
    let mut size = 0;
    let mut depth = 0;
    for &tag in tags {
        if let Some(fixed) = fixed_size(tag) {
            size += fixed;
            continue;
        }
        match tag {
            b's' | b'S' => {
                left = plain_text(left.get(size..)?)?.1;
                size = 0;
            }
            b'b' => {
                left = plain_blob(left.get(size..)?)?.1;
                size = 0;
            }
            b'[' if depth < options.limits.array_depth => depth += 1,
            b']' if depth > 0 => depth -= 1,
            _ => return None,
        }
    }
    if size != left.len() || depth != 0 {
        return None;
    }
    let data_at = bytes.len() - data.len();
    Some(MessageShape::new(address.len(), Some(tags.len()), data_at, Tolerances::empty()))
}
