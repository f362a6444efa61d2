//! Both stream framings against the conformance vectors, in every chunking.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{env, fs, io::Write as _, path::PathBuf};

use bytes::BytesMut;
use oscine_transport::framing::{Decoded, FrameError, FrameFaultKind, Framing, LengthPrefix, Slip};
use serde_json::Value;

/// What a framing made of a stream, in the words of the vectors.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    frames: Vec<String>,
    errors: Vec<String>,
    pending: String,
}

#[test]
fn slip() {
    conform("slip", |line| {
        let max_frame = limit(line);
        let expected = Outcome {
            frames: strings(&line["frames"]),
            errors: strings(&line["errors"]),
            pending: string(&line["pending"]),
        };
        (Slip::builder().max_frame(max_frame).build(), expected)
    });
}

#[test]
fn lenprefix() {
    conform("lenprefix", |line| {
        let max_frame = limit(line);
        let expected = Outcome {
            frames: strings(&line["frames"]),
            errors: line["error"].as_str().map(str::to_owned).into_iter().collect(),
            pending: string(&line["pending"]),
        };
        (LengthPrefix::with_max_frame(max_frame), expected)
    });
}

/// Feeds each line of a file in its chunks, byte by byte, and all at once.
fn conform<F: Framing + Clone>(name: &str, prepare: impl Fn(&Value) -> (F, Outcome)) {
    let path = folder().join(name).with_extension("jsonl");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let (mut total, mut differ) = (0, Vec::new());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (framing, expected) = prepare(&line);
        let chunks: Vec<_> = strings(&line["chunks"]).iter().map(|chunk| bytes(chunk)).collect();
        let stream = chunks.concat();
        let single: Vec<_> = stream.iter().map(|&byte| vec![byte]).collect();
        total += 1;
        for (way, chunks) in [("in chunks", chunks), ("by byte", single), ("whole", vec![stream])] {
            let outcome = feed(framing.clone(), &chunks);
            if outcome != expected {
                let name = string(&line["name"]);
                differ.push(format!("{name:?} {way}: {outcome:?}, expected {expected:?}"));
                break;
            }
        }
    }
    // Written past the capture of the test harness, so that the figure is seen when all is well.
    let passed = total - differ.len();
    let figure = format!("{name}: {passed} of {total}\n");
    std::io::stdout().write_all(figure.as_bytes()).unwrap();
    assert!(total > 0, "{path:?} is empty");
    assert!(differ.is_empty(), "{name}:\n{}", differ.join("\n"));
}

fn feed(mut framing: impl Framing, chunks: &[Vec<u8>]) -> Outcome {
    let mut outcome = Outcome::default();
    let mut src = BytesMut::new();
    for chunk in chunks {
        src.extend_from_slice(chunk);
        loop {
            match framing.decode(&mut src) {
                Ok(Decoded::More) => break,
                Ok(Decoded::Frame(frame)) => outcome.frames.push(hex(&frame)),
                Ok(Decoded::Fault(fault)) => outcome.errors.push(
                    match fault.kind {
                        FrameFaultKind::BadEscape { .. } => "bad-escape",
                        FrameFaultKind::TooLong { .. } => "frame-too-long",
                        other => panic!("{other:?} is none of the vectors' errors"),
                    }
                    .into(),
                ),
                Err(FrameError::TooLong { .. }) => {
                    outcome.errors.push("frame-too-long".into());
                    return outcome;
                }
                Err(other) => panic!("{other:?} is none of the vectors' errors"),
            }
        }
    }
    let pending = framing.pending(&src);
    outcome.pending = hex(&pending.bytes) + if pending.escape { "+esc" } else { "" };
    outcome
}

/// The folder of the vectors: `OSC_VECTORS`, or that of the codec's tests.
fn folder() -> PathBuf {
    env::var_os("OSC_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../oscine-codec/tests/vectors")),
        PathBuf::from,
    )
}

fn limit(line: &Value) -> usize {
    line["max_frame"].as_u64().map_or(usize::MAX, |limit| usize::try_from(limit).unwrap())
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(string).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |c: u8| u8::try_from(char::from(c).to_digit(16).unwrap()).unwrap();
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
