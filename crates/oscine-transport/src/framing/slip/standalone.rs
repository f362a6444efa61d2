//! SLIP for one frame at hand.

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use memchr::{memchr2, memchr2_iter};

use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::framing::slip::special::{END, ESC, ESC_END, ESC_ESC};
use crate::framing::slip::unescape::unescape;

/// Makes one frame of `packet`, with END at both ends.
///
/// # Examples
///
/// ```
/// use oscine_transport::framing::slip;
///
/// assert_eq!(slip::encode(b"a\xc0b\xdbc"), b"\xc0a\xdb\xdcb\xdb\xddc\xc0");
/// ```
#[must_use]
pub fn encode(packet: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(encoded_length(packet, true));
    put_to(packet, true, &mut frame);
    frame
}

/// Reads the packet in one frame, of which END at either end is no part.
///
/// Nothing is copied if there is no escape in it.
///
/// # Examples
///
/// ```
/// use oscine_transport::framing::slip;
///
/// assert_eq!(slip::decode(b"\xc0a\xdb\xdcb\xc0")?, &b"a\xc0b"[..]);
/// assert!(slip::decode(b"\xc0a\xdbb\xc0").is_err());
/// # Ok::<(), oscine_transport::framing::FrameFault>(())
/// ```
///
/// # Errors
///
/// [`FrameFault`] if ESC is followed by another byte than it may be, by nothing
/// ([`FrameFaultKind::Unfinished`]), or if there is an END between other bytes, which are then two
/// frames.
pub fn decode(frame: &[u8]) -> Result<Cow<'_, [u8]>, FrameFault> {
    let (start, body) = without_ends(frame);
    let mut scanned = 0;
    while let Some(found) = body.get(scanned..).and_then(|rest| memchr2(END, ESC, rest)) {
        let special = scanned + found;
        let kind = match (body.get(special), body.get(special + 1)) {
            (Some(&ESC), Some(&(ESC_END | ESC_ESC))) => {
                scanned = special + 2;
                continue;
            }
            (Some(&ESC), Some(&byte)) => FrameFaultKind::BadEscape { byte },
            (Some(&ESC), None) if frame.len() > start + body.len() => {
                FrameFaultKind::BadEscape { byte: END }
            }
            (Some(&ESC), None) => FrameFaultKind::Unfinished { length: body.len() },
            _ => FrameFaultKind::StrayEnd,
        };
        let place = match kind {
            FrameFaultKind::BadEscape { .. } => special + 1,
            _ => special,
        };
        return Err(FrameFault::new(kind, (start + place) as u64));
    }
    if scanned == 0 {
        return Ok(Cow::Borrowed(body));
    }
    let mut packet = body.to_vec();
    let length = unescape(&mut packet);
    packet.truncate(length);
    Ok(Cow::Owned(packet))
}

/// Says whether `frame` is one frame that [`decode`] reads.
#[must_use]
pub fn is_valid(frame: &[u8]) -> bool {
    let (_, mut body) = without_ends(frame);
    loop {
        let Some(special) = memchr2(END, ESC, body) else {
            return true;
        };
        match body.get(special..) {
            Some([ESC, ESC_END | ESC_ESC, rest @ ..]) => body = rest,
            _ => return false,
        }
    }
}

/// Appends one frame to `dst`.
pub(super) fn put(packet: &[u8], leading_end: bool, dst: &mut BytesMut) {
    dst.reserve(encoded_length(packet, leading_end));
    put_to(packet, leading_end, dst);
}

fn put_to(packet: &[u8], leading_end: bool, dst: &mut impl BufMut) {
    if leading_end {
        dst.put_u8(END);
    }
    let mut rest = packet;
    while let Some((plain, special, after)) = split_special(rest) {
        dst.put_slice(plain);
        dst.put_u8(ESC);
        dst.put_u8(if special == END { ESC_END } else { ESC_ESC });
        rest = after;
    }
    dst.put_slice(rest);
    dst.put_u8(END);
}

fn encoded_length(packet: &[u8], leading_end: bool) -> usize {
    let escapes = memchr2_iter(END, ESC, packet).count();
    packet.len().saturating_add(escapes).saturating_add(1 + usize::from(leading_end))
}

/// Splits at the first END or ESC: the bytes before, the byte, the bytes after.
fn split_special(bytes: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let (plain, rest) = bytes.split_at_checked(memchr2(END, ESC, bytes)?)?;
    let (&special, after) = rest.split_first()?;
    Some((plain, special, after))
}

/// Takes END off both ends, and says how many were at the front.
fn without_ends(frame: &[u8]) -> (usize, &[u8]) {
    let mut body = frame;
    while let [END, rest @ ..] = body {
        body = rest;
    }
    let start = frame.len() - body.len();
    while let [rest @ .., END] = body {
        body = rest;
    }
    (start, body)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(frame: &[u8], expected: Result<&[u8], (FrameFaultKind, u64)>) {
        let fault = |(kind, offset)| FrameFault::new(kind, offset);
        assert_eq!(decode(frame).as_deref(), expected.map_err(fault).as_ref().copied());
        assert_eq!(is_valid(frame), expected.is_ok());
    }

    #[test]
    fn frames_are_read_or_refused() {
        check(b"", Ok(b""));
        check(b"\xc0\xc0", Ok(b""));
        check(b"/a", Ok(b"/a"));
        check(b"\xc0\xc0/a\xc0", Ok(b"/a"));
        check(b"\xdb\xdc\xdb\xdd\xc0", Ok(b"\xc0\xdb"));
        check(b"\xc0a\xdb\x41b\xc0", Err((FrameFaultKind::BadEscape { byte: 0x41 }, 3)));
        check(b"a\xdb\xc0", Err((FrameFaultKind::BadEscape { byte: END }, 2)));
        check(b"ab\xdb", Err((FrameFaultKind::Unfinished { length: 3 }, 2)));
        check(b"\xc0a\xc0b\xc0", Err((FrameFaultKind::StrayEnd, 2)));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(packet in prop::collection::vec(any::<u8>(), 0..64)) {
            let frame = encode(&packet);
            prop_assert_eq!(frame.len(), encoded_length(&packet, true));
            prop_assert!(is_valid(&frame));
            prop_assert_eq!(&*decode(&frame).unwrap(), &packet[..]);
        }

        #[test]
        fn the_check_agrees_with_decoding(frame in prop::collection::vec(0xc0_u8..0xdf, 0..8)) {
            prop_assert_eq!(is_valid(&frame), decode(&frame).is_ok());
        }
    }
}
