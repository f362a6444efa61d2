//! Address tables: bytes and meaning side by side, all vectors, and input of every length.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

use crate::limits::Limits;
use crate::owned::bundle::Bundle;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::time_tag::TimeTag;
use crate::transform::address_table::AddressTable;
use crate::transform::table_error::{EntryError, TableErrorKind};
use crate::view::packet_ref::PacketRef;

/// The packets of `tests/vectors/valid.jsonl`.
pub(super) fn vectors() -> Vec<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/valid.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let packets: Vec<Vec<u8>> = text
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let digits = line["hex"].as_str().unwrap();
            let pairs = digits.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
            pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
        })
        .collect();
    assert!(packets.len() > 300);
    packets
}

fn table() -> AddressTable {
    AddressTable::new([("/mixer/gain", 7), ("/a", -1), ("/x/*", i32::MAX), ("/größe", 0)]).unwrap()
}

/// A packet that holds each kind of element, two levels deep.
fn nested() -> Packet {
    let message = |address| Message::new(address, (1, "x")).unwrap();
    let inner = [message("/mixer/gain"), message("/other"), message("/a")];
    let inner = Bundle::new(TimeTag(5), inner).unwrap();
    let empty = Bundle::new(TimeTag(6), [] as [Message; 0]).unwrap();
    let outer = Bundle::builder(TimeTag(5)).element(message("/x/*")).element(inner.clone());
    let outer = outer.element(empty).element(inner).element(message("/mixer/gain"));
    outer.build().unwrap().into()
}

#[test]
fn bytes_and_meaning() {
    let cases: [(&[u8], &[u8]); 9] = [
        (b"/mixer/gain\0,i\0\0\0\0\0\x09", b"/\0\0\0\0\0\0\x07,i\0\0\0\0\0\x09"),
        (b"/a\0\0,\0\0\0", b"/\0\0\0\xff\xff\xff\xff,\0\0\0"),
        (b"/x/*\0\0\0\0,\0\0\0", b"/\0\0\0\x7f\xff\xff\xff,\0\0\0"),
        ("/größe\0\0\0\0,\0\0\0".as_bytes(), b"/\0\0\0\0\0\0\0,\0\0\0"),
        // In full: not in the table, to the root, without type tags, with padding that would be lost.
        (b"/x/y\0\0\0\0,\0\0\0", b"/x/y\0\0\0\0,\0\0\0"),
        (b"/\0\0\0,i\0\0\0\0\0\x07", b"/\0\0\0,i\0\0\0\0\0\x07"),
        (b"/\0\0\0", b"/\0\0\0"),
        (b"/a\0\0", b"/a\0\0"),
        (b"/a\0x,\0\0\0", b"/a\0x,\0\0\0"),
    ];
    for (full, compressed) in cases {
        assert_eq!(table().compress(full), compressed);
        assert_eq!(table().expand(compressed).as_deref(), Ok(full));
        assert_eq!(table().expand(full).as_deref(), Ok(full), "what is full stays full");
    }
}

#[test]
fn elements_are_rewritten_with_their_sizes() {
    let packet = nested();
    let compressed = table().compress(packet.as_bytes());
    let text = PacketRef::decode(&compressed).unwrap().to_string();
    assert!(text.contains("/other") && !text.contains("gain"), "{text}");
    let expanded = table().expand(&compressed).unwrap();
    assert_eq!(Packet::decode(expanded), Ok(packet));
}

#[test]
fn all_vectors_come_back() {
    let packets = vectors();
    let mut addresses: Vec<String> = Vec::new();
    for packet in packets.iter().filter_map(|packet| PacketRef::decode(packet).ok()) {
        addresses.extend(packet.messages().map(|timed| timed.message.address().to_string()));
    }
    addresses.sort();
    addresses.dedup();
    // All of them, every third, and none.
    for step in [1, 3, usize::MAX] {
        let chosen = addresses.iter().skip(step.min(2) - 1).step_by(step);
        let table = AddressTable::new(chosen.cloned().zip(-5..)).unwrap();
        let mut changed = 0;
        for packet in &packets {
            let compressed = table.compress(packet);
            changed += usize::from(compressed != packet);
            assert_eq!(table.expand(&compressed).as_deref(), Ok(&packet[..]));
        }
        assert!(changed > 0);
    }
}

#[test]
fn what_is_wrong_and_where() {
    let unknown = |key| TableErrorKind::UnknownKey { key };
    let cases: [(&[u8], TableErrorKind, usize); 5] = [
        (b"/\0\0\0\0\0\0\x08,\0\0\0", unknown(8), 4),
        // What is behind an unknown key does not matter, and a key is never looked up before it is whole.
        (b"/\0\0\0\0\0\0\x08", unknown(8), 4),
        (b"/\0\0\0\0\0\0", TableErrorKind::TruncatedKey { available: 3 }, 4),
        (b"/\0\0\0\0\0\0\x07", TableErrorKind::MissingTypeTags, 8),
        (b"/\0\0\0\0\0\0\x07i\0\0\0", TableErrorKind::MissingTypeTags, 8),
    ];
    for (message, kind, offset) in cases {
        let error = table().expand(message).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, offset));
        let size = u32::try_from(message.len()).unwrap().to_be_bytes();
        let bundle = [b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\0", &size[..], message].concat();
        let error = table().expand(&bundle).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, 24 + offset));
    }
}

#[test]
fn input_that_ends_anywhere_or_is_wrong_anywhere() {
    let message = table().compress(b"/mixer/gain\0,is\0\0\0\0\x07text\0\0\0\0");
    let whole = table().compress(nested().as_bytes());
    let (mut broken, mut sound) = (0, Vec::new());
    for cut in [&message, &whole].iter().flat_map(|whole| (0..whole.len()).map(|len| &whole[..len]))
    {
        assert_eq!(table().expand(&table().compress(cut)), table().expand(cut));
        match table().expand(cut) {
            Ok(expanded) if PacketRef::decode(&expanded).is_ok() => sound.push(cut.len()),
            Ok(_) => {}
            Err(error) => {
                assert!(!matches!(error.kind(), TableErrorKind::UnknownKey { .. }), "{error}");
                assert!(error.offset() <= cut.len());
                broken += 1;
            }
        }
    }
    // A lone message that ends within the key, or right behind it.
    assert_eq!(broken, 4);
    // `/` alone is a message without type tags; a bundle that ends between elements is a shorter bundle.
    assert_eq!(sound, [4, 16, 40, 132, 152, 244]);
    for place in 0..whole.len() {
        for flip in [1, 0x04, 0x2c, 0x80, 0xff] {
            let mut wrong = whole.to_vec();
            wrong[place] ^= flip;
            let _ = table().compress(&wrong);
            let _ = table().expand(&wrong);
        }
    }
    // An element that does not fit is left to decoding, which finds what it would have found.
    let bundle = b"#bundle\0\0\0\0\0\0\0\0\x01\0\0\0\x64/\0\0\0\0\0\0\x07,\0\0\0";
    assert_eq!(table().expand(bundle).as_deref(), Ok(&bundle[..]));
}

#[test]
fn expansion_is_bounded() {
    let long = "/".to_string() + &"x".repeat(1_000);
    let table = AddressTable::new([(long, 1)]).unwrap();
    let mut bundle = b"#bundle\0\0\0\0\0\0\0\0\x01".to_vec();
    for _ in 0..2_000 {
        bundle.extend_from_slice(b"\0\0\0\x0c/\0\0\0\0\0\0\x01,\0\0\0");
    }
    let error = table.expand(&bundle).unwrap_err();
    assert_eq!(error.kind(), TableErrorKind::TooLarge { limit: 1_048_576 });
    let message = b"/\0\0\0\0\0\0\x01,\0\0\0";
    let limited = |size| table.clone().limits(Limits::new().packet_size(size)).expand(message);
    assert_eq!(limited(1_008).map(|packet| packet.len()), Ok(1_008));
    assert_eq!(limited(1_007).map_err(|error| error.offset()), Err(0));
    let larger = table.clone().limits(Limits::new().packet_size(usize::MAX));
    assert_eq!(larger.expand(&bundle).unwrap().len(), 16 + 2_000 * 1_012);
}

#[test]
fn nesting_is_bounded() {
    let table = table();
    let mut packet = b"/a\0\0,\0\0\0".to_vec();
    for level in 1..40_u32 {
        let size = u32::try_from(packet.len()).unwrap().to_be_bytes();
        packet = [b"#bundle\0\0\0\0\0\0\0\0\x01", &size[..], &packet].concat();
        let compressed = table.compress(&packet);
        assert_eq!(compressed != packet, level <= 32, "level {level}");
        let expanded = table.expand(&compressed).map_err(|error| (error.kind(), error.offset()));
        let too_deep = (TableErrorKind::TooDeep { limit: 32 }, 32 * 20);
        let expected = if level <= 32 { Ok(&packet[..]) } else { Err(&too_deep) };
        assert_eq!(expanded.as_ref().map(|packet| &packet[..]), expected);
    }
    let deeper = table.limits(Limits::new().depth(50));
    assert_eq!(deeper.expand(&deeper.compress(&packet)).as_deref(), Ok(&packet[..]));
}

#[test]
fn entries() {
    let new = |entries: &[(&str, i32)]| AddressTable::new(entries.iter().copied()).map(|_| ());
    let address = |address: &str| address.to_string();
    assert_eq!(new(&[]), Ok(()));
    assert_eq!(new(&[("a", 1)]), Err(EntryError::Address { address: address("a") }));
    assert_eq!(new(&[("/a\0", 1)]), Err(EntryError::Address { address: address("/a\0") }));
    let twice = Err(EntryError::AddressTwice { address: address("/a") });
    assert_eq!(new(&[("/a", 1), ("/a", 2)]), twice);
    assert_eq!(new(&[("/a", 1), ("/b", 1)]), Err(EntryError::KeyTwice { key: 1 }));
    for key in [0x2c00_0000, 0x2cff_ffff] {
        assert_eq!(new(&[("/a", key)]), Err(EntryError::ReservedKey { key }));
    }
    assert_eq!(new(&[("/a", 0x2bff_ffff), ("/b", 0x2d00_0000), ("/c", i32::MIN)]), Ok(()));
    let table = table();
    assert_eq!((table.len(), table.is_empty()), (4, false));
    assert_eq!((table.key("/a"), table.key("/b")), (Some(-1), None));
    assert_eq!((table.address(7), table.address(8)), (Some("/mixer/gain"), None));
}
