//! Work grows with the packet and no faster, on packets made to be hard.
//!
//! Counted are steps that can be seen from outside, never seconds: bundles, messages, tags and arguments that a
//! traversal yields, what formatting writes, and what decoding, parsing and building allocate. Not seen are steps
//! within one call that neither yield nor allocate; the example `steps` of the fuzz crate counts those as well.

use std::fmt::Write as _;

use allocation_counter::measure;
use oscine_codec::explain::explain;
use oscine_codec::{Packet, PacketRef};

use crate::families::{FAMILIES, accept_all};
use crate::report;
use crate::traverse::{Written, format, traverse};

/// Counts of one packet, each in proportion to its length at most.
fn count(bytes: &[u8]) -> [(&'static str, u64); 11] {
    let options = accept_all();
    let mut decoded = None;
    let decoding = measure(|| decoded = PacketRef::decode_with(bytes, &options).ok());
    let packet = decoded.expect("all families are accepted");
    let visited = traverse(packet);
    let walking = measure(|| assert_eq!(packet.walk().count(), visited.nodes));
    let written = format(packet);
    let text = packet.to_string();
    // What is nested too deep to be built is refused, and costs what it costs up to there.
    let parsing = measure(|| drop(text.parse::<Packet>()));
    let explained = explain(bytes, &options);
    let mut told = Written::default();
    told.write_fmt(format_args!("{explained}")).unwrap();
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
        ("fields explained", of(explained.fields().count())),
        ("bytes of explanation", of(told.bytes)),
    ]
}

/// What does not grow, and what doubling a capacity may add at a bad moment.
const SLACK: u64 = 32_768;

#[test]
fn twice_the_packet_is_at_most_twice_the_steps() {
    let mut highest = 0;
    for (name, family) in FAMILIES {
        let [one, two, four] = [1_000, 2_000, 4_000].map(|n| {
            let bytes = family(n);
            let len = u64::try_from(bytes.len()).unwrap();
            (len, count(&bytes))
        });
        assert!(one.0 >= 1_000 && two.0 > one.0 && four.0 > two.0, "{name} does not grow");
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
    let bytes = |n| measure(|| (0..n).for_each(|n| drop(vec![0_u8; n]))).bytes_total;
    assert!(bytes(2_000) > 2 * bytes(1_000) + SLACK);
}
