//! Build, decode, build; and bytes that nobody should have sent.

use bytes::BytesMut;
use oscine_codec::{DecodeOptions, Message, Packet, PacketRef, Profile, Tolerances};

use crate::arbitrary::{damaged, junk, options, packet, strict_packet, tolerances};
use crate::model::Model;
use crate::rebuild::rebuild;
use crate::{laws, report, try_all};

#[test]
fn build_then_decode_then_build_is_the_identity() {
    let strict = DecodeOptions::new().profile(Profile::Strict);
    let bundles = try_all(2_000, &strict_packet(), |model| {
        let built = model.build().unwrap();
        let borrowed = PacketRef::decode_with(built.as_bytes(), &strict).unwrap();
        assert_eq!(Model::read(borrowed), model);
        assert!(borrowed.tolerances().is_empty());
        let owned = Packet::decode_with(built.bytes().clone(), &strict).unwrap();
        assert_eq!(Model::read(owned.view()), model);
        // The view of what was built was never decoded.
        assert_eq!(Model::read(built.view()), model);
        assert_eq!(rebuild(borrowed), Some(Ok(built.clone())));
        laws::check(built.as_bytes(), strict, Tolerances::empty()).unwrap();
        built.view().bundle().is_some()
    });
    assert!((200..1_800).contains(&bundles), "{bundles} bundles are too few, or too many");
}

#[test]
fn what_the_builder_makes_the_default_profile_reads() {
    let typeless = try_all(1_000, &packet(), |model| {
        let built = model.build().unwrap();
        let decoded = PacketRef::decode(built.as_bytes()).unwrap();
        assert_eq!(Model::read(decoded), model);
        assert_eq!(rebuild(decoded), Some(Ok(built.clone())));
        decoded.tolerances().contains(Tolerances::MISSING_TYPE_TAGS)
    });
    assert!(typeless > 10, "{typeless}");
}

#[test]
fn a_message_ends_where_the_next_packet_begins() {
    let split = try_all(1_000, &(strict_packet(), strict_packet()), |(first, second)| {
        let (first, second) = (first.build().unwrap(), second.build().unwrap());
        let both = [first.as_bytes(), second.as_bytes()].concat();
        if matches!(first, Packet::Bundle(_)) {
            return false;
        }
        let (packet, rest) = PacketRef::decode_prefix(&both).unwrap();
        assert_eq!((packet, rest), (first.view(), second.as_bytes()));
        let options = DecodeOptions::new();
        let all: Vec<_> = PacketRef::decode_all(&both, &options).map(Result::unwrap).collect();
        assert_eq!(all, [first.view(), second.view()]);
        true
    });
    assert!(split > 100, "{split}");
}

#[test]
fn every_way_to_encode_writes_the_same_bytes() {
    let messages = try_all(1_000, &strict_packet(), |model| {
        let Packet::Message(message) = model.build().unwrap() else { return false };
        let mut out = BytesMut::from(&b"before"[..]);
        Message::encode_into(message.address(), message.args(), &mut out).unwrap();
        assert_eq!(out.strip_prefix(b"before"), Some(message.as_bytes()));
        assert_eq!(Message::new(message.address(), message.args()), Ok(message));
        true
    });
    assert!(messages > 100, "{messages}");
}

#[test]
fn damaged_packets_keep_every_promise() {
    try_damaged(6_000);
}

#[test]
#[ignore = "long"]
fn many_damaged_packets_keep_every_promise() {
    try_damaged(200_000);
}

fn try_damaged(cases: u32) {
    let values = (damaged(), options(), tolerances());
    let accepted = try_all(cases, &values, |(bytes, options, tolerated)| {
        laws::check(&bytes, options, tolerated).is_some()
    });
    report(&format!("damaged packets: {accepted} of {cases} accepted"));
    assert!(accepted > 300, "{accepted}");
}

#[test]
fn junk_keeps_every_promise() {
    try_junk(20_000);
}

#[test]
#[ignore = "long"]
fn much_junk_keeps_every_promise() {
    try_junk(400_000);
}

fn try_junk(cases: u32) {
    let seen = std::cell::Cell::new(Tolerances::empty());
    let values = (junk(), options(), tolerances());
    let accepted = try_all(cases, &values, |(bytes, options, tolerated)| {
        let told = laws::check(&bytes, options, tolerated);
        seen.set(seen.get() | told.unwrap_or_default());
        told.is_some()
    });
    report(&format!("junk: {accepted} of {cases} accepted, with {:?}", seen.get()));
    assert!(accepted > 1_000, "{accepted}");
    let never = Tolerances::all() - seen.get();
    assert!(never.is_empty(), "{never:?} was never made use of");
}
