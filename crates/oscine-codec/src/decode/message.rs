//! Checks one message.

use crate::address;
use crate::decode::arguments::{Wrong, arguments};
use crate::error::decode::{DecodeError, DecodeErrorKind};
use crate::read::fault::place;
use crate::read::leniency::Leniency;
use crate::read::string::string;
use crate::tag_set::TagSet;
use crate::tolerances::Tolerances;
use crate::view::message_ref::MessageRef;

/// Checks that `bytes` is one message: an address pattern, a type tag string, arguments (OSC 1.0, "OSC
/// Messages"). Offsets count from its first byte.
#[inline]
pub(crate) fn message<'a>(
    bytes: &'a [u8],
    leniency: &mut Leniency<'_>,
) -> Result<MessageRef<'a>, DecodeError> {
    let end = bytes.len();
    // "an OSC Address Pattern is an OSC-string beginning with the character '/'"
    if bytes.first() != Some(&b'/') && !tolerable_address(bytes, leniency) {
        return Err(DecodeError::new(DecodeErrorKind::BadAddress, 0));
    }
    let (rest, address) = string(bytes, leniency).map_err(|fault| place(fault, end))?;
    if leniency.options.check_addresses {
        check_address(address)?;
    }

    // "an OSC-string beginning with the character ',' (comma)"; "robust in the case of a missing OSC Type Tag
    // String"
    if rest.first() != Some(&b',') {
        if !leniency.grants(Tolerances::MISSING_TYPE_TAGS) {
            return Err(DecodeError::new(DecodeErrorKind::MissingTypeTags, end - rest.len()));
        }
        return Ok(MessageRef::from_parts(bytes, address, None, rest, leniency.used));
    }
    let tags_at = end - rest.len() + 1;
    let (data, tags) = string(rest, leniency).map_err(|fault| place(fault, end))?;
    let tags = tags.get(1..).unwrap_or_default();
    match arguments(tags, data, leniency) {
        Ok(()) => {}
        Err(Wrong::Data(fault)) => return Err(place(fault, end)),
        Err(Wrong::Tag(kind, index)) => return Err(DecodeError::new(kind, tags_at + index)),
    }
    if let Some(allowed) = leniency.options.only_tags {
        check_tags(tags, allowed, tags_at)?;
    }
    Ok(MessageRef::from_parts(bytes, address, Some(tags), data, leniency.used))
}

/// Whether an address that does not begin with a slash is tolerated: any but an empty one, and of those that begin
/// with `#` only liblo's `#reply`.
#[cold]
fn tolerable_address(bytes: &[u8], leniency: &mut Leniency<'_>) -> bool {
    let possible = match bytes.first() {
        None | Some(0) => false,
        Some(b'#') => bytes.starts_with(b"#reply\0"),
        Some(_) => true,
    };
    possible && leniency.grants(Tolerances::ANY_ADDRESS)
}

#[cold]
fn check_address(address: &[u8]) -> Result<(), DecodeError> {
    let concrete = core::str::from_utf8(address).is_ok_and(|text| address::check(text).is_ok());
    if concrete { Ok(()) } else { Err(DecodeError::new(DecodeErrorKind::NotConcrete, 0)) }
}

#[cold]
fn check_tags(tags: &[u8], allowed: TagSet, tags_at: usize) -> Result<(), DecodeError> {
    match tags.iter().enumerate().find(|&(_, &tag)| !allowed.contains(tag)) {
        Some((index, &tag)) => {
            Err(DecodeError::new(DecodeErrorKind::TagNotAllowed { tag }, tags_at + index))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::DecodeOptions;
    use crate::view::packet_ref::PacketRef;

    #[test]
    fn what_is_asked_for_beyond_the_usual_holds_without_arguments_too() {
        let options = DecodeOptions::new().check_addresses(true);
        let decode = |bytes| PacketRef::decode_with(bytes, &options).map_err(|error| error.kind());
        for bytes in [b"/a*\0,\0\0\0".as_slice(), b"/a*\0,T\0\0", b"/a*\0"] {
            assert_eq!(decode(bytes), Err(DecodeErrorKind::NotConcrete));
        }
        assert!(decode(b"/ab\0,\0\0\0").is_ok() && decode(b"/ab\0,T\0\0").is_ok());
    }
}
