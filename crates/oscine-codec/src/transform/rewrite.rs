//! Every message of a packet rewritten, and the sizes around it with it.

use alloc::vec::Vec;

use smallvec::SmallVec;

use crate::limits::Limits;
use crate::transform::table_error::{TableError, TableErrorKind};
use crate::view::bundle_ref::{HEAD, INLINE_DEPTH, MARK};

/// What becomes of a message: these parts, one behind the other.
pub(crate) type Parts<'a> = [&'a [u8]; 3];

/// Copies `packet`, each message in it as the parts that `message` makes of it; that is told the message and where in
/// the packet it begins.
///
/// The packet need not be one: what is no bundle counts as a message, and where a bundle cannot be followed, the rest
/// of it is copied as it is. So a packet that decoding refuses is still one, for the same reason. Takes one pass.
pub(crate) fn rewrite<'a>(
    packet: &'a [u8],
    limits: &Limits,
    message: impl Fn(&'a [u8], usize) -> Result<Parts<'a>, TableError>,
) -> Result<Vec<u8>, TableError> {
    let mut out = Output {
        bytes: Vec::with_capacity(packet.len().min(limits.packet_size)),
        limit: limits.packet_size,
    };
    let mut open = SmallVec::<[Element; INLINE_DEPTH]>::new();
    let mut at = 0;
    let mut next = Some(Element { size_at: None, end: packet.len() });
    while let Some(element) = next {
        let bytes = packet.get(at..element.end).unwrap_or_default();
        if bytes.len() >= HEAD && bytes.starts_with(MARK) {
            if open.len() >= limits.depth as usize {
                return Err(TableError::new(TableErrorKind::TooDeep { limit: limits.depth }, at));
            }
            out.put(bytes.get(..HEAD).unwrap_or_default(), at)?;
            at += HEAD;
            open.push(element);
        } else {
            for part in message(bytes, at)? {
                out.put(part, at)?;
            }
            at = element.end;
            out.close(element, at)?;
        }
        next = None;
        // Bundles that hold nothing more are closed until there is one that does.
        while let Some(&bundle) = open.last() {
            let rest = packet.get(at..bundle.end).unwrap_or_default();
            if let Some(size) = element_size(rest) {
                next = Some(Element { size_at: Some(out.bytes.len()), end: at + 4 + size });
                out.put(rest.get(..4).unwrap_or_default(), at)?;
                at += 4;
                break;
            }
            out.put(rest, at)?;
            at = bundle.end;
            out.close(bundle, at)?;
            open.pop();
        }
    }
    Ok(out.bytes)
}

/// A packet on its own or in a bundle.
#[derive(Clone, Copy)]
struct Element {
    /// Where its size stands in the output; nowhere for the outermost packet.
    size_at: Option<usize>,
    /// Where it ends in the input.
    end: usize,
}

/// What was written.
struct Output {
    // Invariant: no longer than `limit`.
    bytes: Vec<u8>,
    limit: usize,
}

impl Output {
    /// Appends `part`; `at` is the place in the input to name in the error.
    fn put(&mut self, part: &[u8], at: usize) -> Result<(), TableError> {
        if part.len() > self.limit - self.bytes.len() {
            return Err(TableError::new(TableErrorKind::TooLarge { limit: self.limit }, at));
        }
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Corrects the size of `element`, all of which was written.
    fn close(&mut self, element: Element, at: usize) -> Result<(), TableError> {
        let Some(size_at) = element.size_at else { return Ok(()) };
        let size = self.bytes.len().saturating_sub(size_at + 4);
        // OSC 1.0, "OSC Bundles": the size is an int32.
        let Ok(size) = i32::try_from(size) else {
            let limit = self.limit.min(i32::MAX as usize);
            return Err(TableError::new(TableErrorKind::TooLarge { limit }, at));
        };
        let place = self.bytes.get_mut(size_at..).and_then(|bytes| bytes.first_chunk_mut());
        if let Some(place) = place {
            *place = size.to_be_bytes();
        }
        Ok(())
    }
}

/// The size of the element that `rest` begins with, if that fits.
fn element_size(rest: &[u8]) -> Option<usize> {
    let (size, rest) = rest.split_first_chunk()?;
    usize::try_from(i32::from_be_bytes(*size)).ok().filter(|&size| size <= rest.len())
}
