//! Explaining agrees with decoding.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::explain::field::Meaning;
use crate::explain::fields::explain;
use crate::limits::Limits;
use crate::options::{DecodeOptions, Profile};
use crate::tag_set::TagSet;
use crate::view::args::Token;
use crate::view::packet_ref::PacketRef;

/// All that is said of messages, as decoding sees it.
fn by_decoding(packet: PacketRef<'_>) -> Vec<String> {
    let mut said = Vec::new();
    for message in packet.messages().map(|message| message.message) {
        said.push(format!("{:?}", message.address_text()));
        said.extend(message.type_tags().map(|tags| tags.to_string()));
        let mut args = message.args();
        while let Some(token) = args.next_token() {
            said.push(match token {
                Token::Open => "[".into(),
                Token::Close => "]".into(),
                Token::Arg(arg) => format!("{arg:?}"),
            });
        }
    }
    said
}

fn check(bytes: &[u8], options: &DecodeOptions) {
    let decoded = PacketRef::decode_with(bytes, options);
    let explained = explain(bytes, options);
    let context = || format!("{bytes:02x?} {options:?}\n{explained}");
    assert_eq!(explained.error(), decoded.err(), "{}", context());
    let mut at = 0;
    let (mut stops, mut unread) = (0, 0);
    let mut said = Vec::new();
    for field in &explained {
        assert_eq!(field.offset, at, "{}", context());
        at += field.bytes.len();
        assert_eq!(bytes.get(field.offset..at), Some(field.bytes), "{}", context());
        match field.meaning {
            Meaning::Stop(error) => {
                assert_eq!((Some(error), error.offset()), (decoded.err(), at), "{}", context());
                stops += 1;
            }
            Meaning::Unread => unread += 1,
            Meaning::Address(text) => said.push(format!("{text:?}")),
            Meaning::TypeTags(text) => said.push(text.to_string()),
            Meaning::Open => said.push("[".into()),
            Meaning::Close => said.push("]".into()),
            Meaning::Arg(arg) => said.push(format!("{arg:?}")),
            _ => {}
        }
    }
    assert_eq!(at, bytes.len(), "{}", context());
    match decoded {
        Ok(packet) => {
            assert_eq!((stops, unread), (0, 0), "{}", context());
            assert_eq!(said, by_decoding(packet), "{}", context());
            assert_eq!(explained.tolerances(), packet.tolerances());
        }
        Err(_) => assert_eq!(stops, 1, "{}", context()),
    }
    let lines = explained.to_string();
    assert_eq!(lines.lines().count(), explained.fields().count(), "{lines}");
    assert!(lines.lines().all(|line| line.len() < 400), "{lines}");
}

fn check_all(bytes: &[u8]) {
    let base = [Profile::Strict, Profile::Spec, Profile::Field]
        .map(|profile| DecodeOptions::new().profile(profile));
    let few = Limits::new().depth(1).array_depth(1).elements(2).arguments(3).packet_size(90);
    for options in base {
        check(bytes, &options);
        check(bytes, &options.limits(few));
        check(bytes, &options.only_tags(TagSet::new("ifs[")).ascii_only(true));
        check(bytes, &options.check_addresses(true));
    }
    for tolerance in Profile::Field.tolerances() {
        check(bytes, &DecodeOptions::new().profile(Profile::Field).refuse(tolerance));
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// The packets, good and bad, of all files of vectors that have any.
fn vectors() -> Vec<Vec<u8>> {
    let files = [
        include_str!("../../tests/vectors/valid.jsonl"),
        include_str!("../../tests/vectors/invalid.jsonl"),
        include_str!("../../tests/vectors/lenient.jsonl"),
        include_str!("../../tests/vectors/slip.jsonl"),
        include_str!("../../tests/vectors/lenprefix.jsonl"),
    ];
    let lines = files.iter().flat_map(|file| file.lines());
    lines
        .flat_map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let frames = line["frames"].as_array().cloned().unwrap_or_default();
            let packets: Vec<_> = line["hex"].as_str().map(Into::into).into_iter().collect();
            let frames = frames.iter().map(|frame| frame.as_str().unwrap().to_string());
            packets.into_iter().chain(frames).map(|hex: String| unhex(&hex)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn on_all_vectors() {
    let vectors = vectors();
    assert!(vectors.len() > 700, "{}", vectors.len());
    for bytes in vectors {
        check_all(&bytes);
    }
}

#[test]
fn bundles_are_indented_and_long_fields_shortened() {
    let blob = [0xab_u8; 300];
    let long = crate::Message::new("/long", ("x".repeat(100), &blob[..], true, [1])).unwrap();
    let bundle = crate::Bundle::new(crate::TimeTag::IMMEDIATE, [long]).unwrap();
    let lines = explain(bundle.as_bytes(), &DecodeOptions::new()).to_string();
    let right = [
        "   0  23 62 75 6e 64 6c 65 00  bundle",
        "   8  00 00 00 00 00 00 00 01  time tag immediate",
        "  16  00 00 01 ac              element of 428 bytes",
        "  20  2f 6c 6f 6e 67             address /long",
        "  25  00 00 00                   padding",
        "  28  2c 73 62 54 5b 69 5d       type tags ,sbT[i]",
        "  35  00                         padding",
        &format!("  36  78 78 78 78 78 78 78 ..    s \"{}..", "x".repeat(69)),
        " 136  00 00 00 00                padding",
        &format!(" 140  00 00 01 2c ab ab ab ..    b of 300 bytes 0x{}..", "ab".repeat(27) + "a"),
        " 444                             T true",
        " 444                             [",
        " 444  00 00 00 01                i 1",
        " 448                             ]",
    ];
    assert_eq!(lines.lines().collect::<Vec<_>>(), right);
}

#[test]
fn what_is_left_out_and_cut_short_is_told() {
    let field = DecodeOptions::new().profile(Profile::Field);
    let bytes =
        b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x0c/a\0\0,ix\0\0\0\0\x07\0\0\0\x0a/b\0\0,f\0\0\x3f\x80";
    let lines = explain(bytes, &field).to_string();
    let told: Vec<_> = lines.lines().skip(2).map(|line| &line[31..]).collect();
    let right = [
        "element of 12 bytes",
        "  left out: unknown type tag 'x' at byte 26",
        "element of 10 bytes",
        "  address /b",
        "  padding",
        "  type tags ,f",
        "  padding",
        "  f 1.0, cut short",
    ];
    assert_eq!(told, right);
}

proptest! {
    #[test]
    fn on_any_bytes(bytes in proptest::collection::vec(prop_oneof![Just(0), any::<u8>()], 0..60)) {
        check_all(&bytes);
    }
}

#[test]
fn on_damaged_packets() {
    let mut vectors = vectors();
    vectors.iter_mut().for_each(|bytes| bytes.truncate(600));
    let index = any::<prop::sample::Index>;
    let damage = proptest::collection::vec((index(), any::<u8>()), 0..3);
    let cut = proptest::option::of(index());
    let check = |(which, damage, cut): (prop::sample::Index, Vec<_>, Option<_>)| {
        let mut bytes = which.get(&vectors).clone();
        for (at, byte) in damage {
            let at: prop::sample::Index = at;
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes.truncate(
            cut.map_or(usize::MAX, |cut: prop::sample::Index| cut.index(bytes.len() + 1)),
        );
        check_all(&bytes);
        Ok(())
    };
    TestRunner::default().run(&(index(), damage, cut), check).unwrap();
}
