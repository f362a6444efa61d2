//! How long do decoding, reading by type, building and owning a packet take?
//!
//! Our side of the section `codec` of `compare`, measured by criterion, which keeps a history of its own.
#![expect(missing_docs, reason = "criterion's macros make items without")]

use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};

fn codec(c: &mut Criterion) {
    for mut contest in oscine_benches::codec::contests() {
        let measure = contest.measure().to_owned();
        let ours = contest.ours();
        c.bench_function(&measure, |b| {
            b.iter_custom(|n| {
                let start = Instant::now();
                ours.run(n);
                start.elapsed()
            });
        });
    }
}

criterion_group!(benches, codec);
criterion_main!(benches);
