//! Checks one message.

use crate::decode::arguments::{Wrong, arguments};
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::options::DecodeOptions;
use crate::read::fault::place;
use crate::read::string::string;
use crate::view::message_ref::MessageRef;

/// Checks that `bytes` is one message: an address pattern, a type tag string, arguments (OSC 1.0, "OSC
/// Messages"). Offsets count from its first byte.
#[inline]
pub(crate) fn message<'a>(
    bytes: &'a [u8],
    options: &DecodeOptions,
) -> Result<MessageRef<'a>, DecodeError> {
    let end = bytes.len();
    // "an OSC Address Pattern is an OSC-string beginning with the character '/'"
    if bytes.first() != Some(&b'/') {
        return Err(DecodeError::new(DecodeErrorKind::BadAddress, 0));
    }
    let (rest, address) = string(bytes).map_err(|fault| place(fault, end))?;

    // "an OSC-string beginning with the character ',' (comma)"; "robust in the case of a missing OSC Type Tag
    // String"
    if rest.first() != Some(&b',') {
        if options.strict() {
            return Err(DecodeError::new(DecodeErrorKind::MissingTypeTags, end - rest.len()));
        }
        return Ok(MessageRef::from_parts(bytes, address, None, rest));
    }
    let tags_at = end - rest.len() + 1;
    let (data, tags) = string(rest).map_err(|fault| place(fault, end))?;
    let tags = tags.get(1..).unwrap_or_default();
    match arguments(tags, data, &options.limits) {
        Ok(()) => Ok(MessageRef::from_parts(bytes, address, Some(tags), data)),
        Err(Wrong::Data(fault)) => Err(place(fault, end)),
        Err(Wrong::Tag(kind, index)) => Err(DecodeError::new(kind, tags_at + index)),
    }
}
