//! Work grows with the packet and no faster, on packets made to be hard.
//!
//! Counted are steps that can be seen from outside, never seconds: bundles, messages, tags and arguments that a
//! traversal yields, what formatting writes, and what decoding, parsing and building allocate. Not seen are steps
//! within one call that neither yield nor allocate; the example `steps` of the fuzz crate counts those as well.

use allocation_counter::measure;
use oscine_codec::{DecodeOptions, Limits, Message, Packet, PacketRef, Profile};

use crate::report;
use crate::traverse::{format, traverse};

/// A packet that is hard in some way, and the harder the larger `n` is.
type Family = (&'static str, fn(n: usize) -> Vec<u8>);

const FAMILIES: [Family; 16] = [
    ("nested bundles", |n| nested(n, &[], &[])),
    ("nested bundles, messages before", |n| nested(n, &element(b"/a\0\0,\0\0\0"), &[])),
    ("nested bundles, messages behind", |n| nested(n, &[], &element(b"/a\0\0,\0\0\0"))),
    ("nested bundles, zeros behind each", |n| nested(n, &[], &[0; 4])),
    ("messages", |n| bundle(&element(b"/a\0\0,\0\0\0").repeat(n))),
    ("empty bundles", |n| bundle(&element(&bundle(&[])).repeat(n))),
    ("messages left out", |n| bundle(&element(b"/a\0\0,x\0\0").repeat(n))),
    ("elements left out", |n| bundle(&element(b"\0\0\0\0").repeat(n))),
    ("nested arrays", |n| message(&["[".repeat(n), "]".repeat(n)].concat(), &[])),
    ("empty arrays", |n| message(&"[]".repeat(n), &[])),
    ("nils", |n| message(&"N".repeat(n), &[])),
    ("floats", |n| message(&"f".repeat(n), &[0x7f; 4].repeat(n))),
    ("empty strings", |n| message(&"s".repeat(n), &[0; 4].repeat(n))),
    ("empty blobs", |n| message(&"b".repeat(n), &[0; 4].repeat(n))),
    ("one text with escapes", |n| message("s", &text(&"\"\u{1}é\\".repeat(n)))),
    ("one text of no kind", |n| message("s", &[[0xff].repeat(4 * n), vec![0; 4]].concat())),
];

/// Counts of one packet, each in proportion to its length at most.
fn count(bytes: &[u8]) -> [(&'static str, u64); 9] {
    let all = Limits::new().depth(u32::MAX).array_depth(u32::MAX);
    let all = all.elements(u32::MAX).arguments(u32::MAX);
    let options = DecodeOptions::new().profile(Profile::Field).limits(all);
    let mut decoded = None;
    let decoding = measure(|| decoded = PacketRef::decode_with(bytes, &options).ok());
    let packet = decoded.expect("all families are accepted");
    let visited = traverse(packet);
    let walking = measure(|| assert_eq!(packet.walk().count(), visited.nodes));
    let written = format(packet);
    let text = packet.to_string();
    // What the families of bundles print is no message: that is refused, and costs what it costs.
    let parsing = measure(|| drop(text.parse::<Message>()));
    let cloning = measure(|| drop(Packet::from(packet).clone()));
    let of = |count: usize| u64::try_from(count).unwrap();
    [
        ("bytes allocated by decoding", decoding.bytes_total),
        ("bytes allocated by walking", walking.bytes_total),
        ("bytes allocated by parsing", parsing.bytes_total),
        ("bytes allocated by owning", cloning.bytes_total),
        ("nodes", of(visited.nodes)),
        ("tags", of(visited.tags)),
        ("bytes of content", of(visited.bytes)),
        ("writes", of(written.calls)),
        ("bytes written", of(written.bytes)),
    ]
}

#[test]
fn twice_the_packet_is_at_most_twice_the_steps() {
    // What does not grow, and what doubling a capacity may add at a bad moment.
    const SLACK: u64 = 8_192;
    let mut highest = 0;
    for (name, family) in FAMILIES {
        let [one, two, four] = [500, 1_000, 2_000].map(|n| {
            let bytes = family(n);
            let len = u64::try_from(bytes.len()).unwrap();
            (len, count(&bytes))
        });
        assert!(one.0 >= 500 && two.0 > one.0 && four.0 > two.0, "{name} does not grow");
        for index in 0..one.1.len() {
            let what = one.1[index].0;
            let [small, medium, large] = [&one, &two, &four].map(|counts| counts.1[index].1);
            assert!(medium <= 2 * small + SLACK, "{name}: {what}: {small}, then {medium}");
            assert!(large <= 2 * medium + SLACK, "{name}: {what}: {medium}, then {large}");
            assert!(large <= 100 * four.0, "{name}: {what}: {large} for {} bytes", four.0);
            highest = highest.max(large.div_ceil(four.0));
        }
    }
    report(&format!("linear: at most {highest} steps of a kind for one byte"));
}

#[test]
fn a_measure_that_grows_with_the_square_would_show() {
    let bytes = measure(|| (0..500).for_each(|n| drop(vec![0_u8; n]))).bytes_total;
    let twice = measure(|| (0..1_000).for_each(|n| drop(vec![0_u8; n]))).bytes_total;
    assert!(twice > 2 * bytes + 8_192, "{bytes}, then {twice}");
}

fn bundle(elements: &[u8]) -> Vec<u8> {
    [b"#bundle\0\0\0\0\0\0\0\0\x01", elements].concat()
}

fn element(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// `levels` bundles, each with `before` and `behind` around the next.
fn nested(levels: usize, before: &[u8], behind: &[u8]) -> Vec<u8> {
    let own = 16 + before.len() + behind.len();
    let mut bytes = Vec::new();
    for left in (1..levels).rev() {
        bytes.extend(bundle(before));
        // All that are left, with a size before each but the outermost of them.
        let inner = left * own + (left - 1) * 4;
        bytes.extend(u32::try_from(inner).unwrap().to_be_bytes());
    }
    bytes.extend(bundle(before));
    bytes.extend(behind.repeat(levels));
    bytes
}

fn message(tags: &str, data: &[u8]) -> Vec<u8> {
    [b"/a\0\0", text(&format!(",{tags}")).as_slice(), data].concat()
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize((text.len() & !3) + 4, 0);
    bytes
}
