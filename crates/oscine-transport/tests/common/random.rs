//! Any packets, and any way in which a stream arrives.

use oscine_codec::{Bundle, Message, Packet, TimeTag};
use proptest::prelude::*;

fn message() -> impl Strategy<Value = Message> {
    // The numbers are such that END and ESC are frequent in them.
    let number = prop_oneof![any::<i32>(), Just(-1_061_109_568_i32), Just(-606_348_325_i32)];
    ("/[a-z]{1,9}", number, "[^\\x00]{0,9}", prop::collection::vec(0xbe_u8..0xdf, 0..20))
        .prop_map(|(address, number, text, blob)| Message::new(address, (number, text, blob)))
        .prop_map(Result::unwrap)
}

pub(crate) fn packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        message().prop_map(Packet::from),
        prop::collection::vec(message(), 0..4).prop_map(|messages| Bundle::new(
            TimeTag::IMMEDIATE,
            messages
        )
        .unwrap()
        .into()),
    ]
}

/// Cuts a stream into pieces whose lengths repeat; a length of 0 is a read that gave nothing.
pub(crate) fn cut<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths.iter().copied().cycle().take(stream.len() * lengths.len() + 1) {
        let (piece, rest) = stream.split_at(length.min(stream.len()));
        pieces.push(piece);
        stream = rest;
    }
    assert!(stream.is_empty());
    pieces
}

/// Lengths of pieces, not all of them 0.
pub(crate) fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0_usize..40, 0..6).prop_flat_map(|mut lengths| {
        lengths.push(1);
        Just(lengths).prop_shuffle()
    })
}
