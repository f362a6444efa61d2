//! Allocations of each operation: the most that it makes for any of the packets.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use oscine_benches_sys::allocations;

use crate::codec::SECTION;
use crate::codec::case::{Bulk, Case};
use crate::codec::ours;
use crate::report::Row;
use crate::section::Filter;

/// How often each operation is done, after it was done once.
const TIMES: u64 = 10_000;

pub(crate) fn rows(filter: &Filter) -> Vec<Row> {
    type Measure = (&'static str, fn(Case) -> u64, &'static [Case]);
    assert_eq!(allocations(|| drop(black_box(Box::new(1)))), 1, "allocations are counted");
    let measures: [Measure; 4] = [
        ("alloc/decode", decode, &Case::ALL),
        ("alloc/traverse", traverse, &Case::ALL),
        ("alloc/typed", typed, &Case::TYPED),
        ("alloc/encode", encode, &Case::ALL),
    ];
    let wanted = measures.into_iter().filter(|(name, ..)| filter.passes(name));
    wanted
        .map(|(name, count, cases)| {
            let most = cases.iter().map(|&case| count(case)).max().unwrap_or_default();
            #[expect(clippy::cast_precision_loss, reason = "counts are small")]
            Row::allocations(SECTION, name, most as f64 / TIMES as f64)
        })
        .collect()
}

fn decode(case: Case) -> u64 {
    let packet = case.packet();
    warm(|| {
        black_box(ours::decode(black_box(&packet)));
    })
}

fn traverse(case: Case) -> u64 {
    let bytes = case.packet();
    let packet = ours::decode(&bytes);
    warm(|| {
        black_box(ours::sum_packet(black_box(packet)));
    })
}

fn typed(case: Case) -> u64 {
    fn read(packet: &Bytes, typed: fn(&[u8]) -> u64) -> u64 {
        warm(|| {
            black_box(typed(black_box(packet)));
        })
    }
    let packet = case.packet();
    match case {
        Case::Medium => read(&packet, ours::typed_medium),
        Case::SNew => read(&packet, ours::typed_snew),
        _ => read(&packet, ours::typed_tiny),
    }
}

fn encode(case: Case) -> u64 {
    let bulk = Bulk::new(case);
    let mut out = BytesMut::new();
    warm(|| {
        out.clear();
        ours::encode(black_box(case), &bulk, &mut out);
    })
}

fn warm(mut work: impl FnMut()) -> u64 {
    work();
    allocations(|| (0..TIMES).for_each(|_| work()))
}
