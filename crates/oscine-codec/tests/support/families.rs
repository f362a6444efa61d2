//! Packets that are hard in some way, of any size.

use oscine_codec::{DecodeOptions, Limits, Profile};

/// A packet that is hard in some way, and the harder the larger `n` is.
pub(crate) type Family = (&'static str, fn(n: usize) -> Vec<u8>);

pub(crate) const FAMILIES: [Family; 16] = [
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

/// Options that accept them all.
pub(crate) fn accept_all() -> DecodeOptions {
    let all = Limits::new().depth(u32::MAX).array_depth(u32::MAX);
    let all = all.elements(u32::MAX).arguments(u32::MAX).packet_size(usize::MAX);
    DecodeOptions::new().profile(Profile::Field).limits(all)
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
