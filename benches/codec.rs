//! How long do decoding, reading and building a packet take?
#![expect(missing_docs, reason = "criterion's macros make items without")]
#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use std::hint::black_box;

use bytes::BytesMut;
use criterion::{Criterion, criterion_group, criterion_main};
use oscine::{Arg, Bundle, Message, Packet, PacketRef, TimeTag};

/// Looks at every argument: sums numbers, touches the ends of texts and blobs.
fn traverse(packet: PacketRef<'_>) -> u64 {
    let mut sum = 0_u64;
    for message in packet.messages() {
        for arg in message.message.args() {
            sum = sum.wrapping_add(match arg {
                Arg::Int(value) => u64::from(value.unsigned_abs()),
                Arg::Float(value) => u64::from(value.to_bits()),
                Arg::Long(value) => value.unsigned_abs(),
                Arg::Double(value) => value.to_bits(),
                Arg::String(text) | Arg::Symbol(text) => text.len() as u64,
                Arg::Blob(bytes) => u64::from(bytes.first().copied().unwrap_or_default()),
                _ => 1,
            });
        }
    }
    sum
}

fn packets() -> Vec<(&'static str, Packet)> {
    let tiny = Message::new("/a", 1.0_f32).unwrap();
    let usual = Message::new("/synth/1/freq", (440.0_f32, 7, "sine")).unwrap();
    let many = Message::new("/b_setn", vec![0.5_f32; 64]).unwrap();
    let text = Message::new("/say", "x".repeat(1000)).unwrap();
    let bundle = Bundle::new(TimeTag::IMMEDIATE, vec![usual.clone(); 16]).unwrap();
    vec![
        ("tiny", tiny.into()),
        ("usual", usual.into()),
        ("64 floats", many.into()),
        ("1000 characters", text.into()),
        ("bundle of 16", bundle.into()),
    ]
}

fn decode(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode and traverse");
    for (name, packet) in packets() {
        let bytes = packet.into_bytes();
        group.bench_function(name, |b| {
            b.iter(|| traverse(PacketRef::decode(black_box(&bytes)).unwrap()));
        });
    }
}

fn typed(c: &mut Criterion) {
    let bytes = Message::new("/synth/1/freq", (440.0_f32, 7, "sine")).unwrap();
    c.bench_function("decode and read (f32, i32, &str)", |b| {
        b.iter(|| {
            let packet = PacketRef::decode(black_box(bytes.as_bytes())).unwrap();
            let (freq, voice, wave) =
                packet.message().unwrap().args().parse::<(f32, i32, &str)>().unwrap();
            (freq, voice, wave.len())
        });
    });
}

fn encode(c: &mut Criterion) {
    let mut out = BytesMut::with_capacity(1024);
    c.bench_function("encode into a warm buffer", |b| {
        b.iter(|| {
            out.clear();
            let args = (black_box(440.0_f32), black_box(7), black_box("sine"));
            Message::encode_into("/synth/1/freq", args, &mut out).unwrap();
            out.len()
        });
    });
    c.bench_function("Message::new", |b| {
        b.iter(|| {
            let args = (black_box(440.0_f32), black_box(7), black_box("sine"));
            Message::new("/synth/1/freq", args).unwrap()
        });
    });
}

criterion_group!(benches, decode, typed, encode);
criterion_main!(benches);
