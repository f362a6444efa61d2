//! The SLIP framing against a naive one that reads a byte at a time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use bytes::{Bytes, BytesMut};
use oscine_transport::framing::{
    Decoded, FrameFaultKind, Framing, Slip,
    slip::{END, ESC, ESC_END, ESC_ESC},
};
use proptest::prelude::*;

/// A frame, or the kind of its fault.
type Item = Result<Bytes, FrameFaultKind>;

/// RFC 1055 with the policies of this crate, as plainly as it can be said.
fn naive(stream: &[u8], limit: usize, lenient: bool) -> Vec<Item> {
    let mut items = Vec::new();
    let mut frame = Vec::new();
    let (mut escaped, mut skipping) = (false, false);
    for &byte in stream {
        if byte == END {
            if escaped && !skipping && !lenient {
                items.push(Err(FrameFaultKind::BadEscape { byte }));
            } else if !frame.is_empty() && !skipping {
                items.push(Ok(Bytes::copy_from_slice(&frame)));
            }
            frame.clear();
            (escaped, skipping) = (false, false);
            continue;
        }
        if skipping {
            continue;
        }
        let decoded = match (escaped, byte) {
            (false, ESC) => {
                escaped = true;
                continue;
            }
            (false, byte) => byte,
            (true, ESC_END) => END,
            (true, ESC_ESC) => ESC,
            (true, byte) if lenient => byte,
            (true, byte) => {
                items.push(Err(FrameFaultKind::BadEscape { byte }));
                skipping = true;
                continue;
            }
        };
        escaped = false;
        frame.push(decoded);
        if frame.len() > limit {
            items.push(Err(FrameFaultKind::TooLong { limit }));
            skipping = true;
        }
    }
    if !skipping && (!frame.is_empty() || escaped) {
        items.push(Err(FrameFaultKind::Unfinished { length: frame.len() }));
    }
    items
}

fn item(decoded: Decoded) -> Option<Item> {
    match decoded {
        Decoded::More => None,
        Decoded::Frame(frame) => Some(Ok(frame)),
        Decoded::Fault(fault) => Some(Err(fault.kind)),
    }
}

fn ours(chunks: &[Vec<u8>], limit: usize, lenient: bool) -> Vec<Item> {
    let mut slip = Slip::builder().max_frame(limit).lenient(lenient).build();
    let mut src = BytesMut::new();
    let mut items = Vec::new();
    for chunk in chunks {
        src.extend_from_slice(chunk);
        while let Some(item) = item(slip.decode(&mut src).unwrap()) {
            items.push(item);
        }
    }
    while let Some(item) = item(slip.finish(&mut src).unwrap()) {
        items.push(item);
    }
    assert!(src.is_empty(), "bytes are left: {src:?}");
    items
}

/// Chunks of a stream in which the four bytes that mean something are frequent.
fn chunks() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let byte = prop_oneof![Just(END), Just(ESC), Just(ESC_END), Just(ESC_ESC), any::<u8>()];
    prop::collection::vec(prop::collection::vec(byte, 0..8), 0..16)
}

proptest! {
    #[test]
    fn any_bytes_in_any_chunks_give_the_same(
        chunks in chunks(),
        limit in prop_oneof![Just(usize::MAX), 0_usize..8],
        lenient: bool,
    ) {
        prop_assert_eq!(ours(&chunks, limit, lenient), naive(&chunks.concat(), limit, lenient));
    }
}
