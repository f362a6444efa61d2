//! What must hold for any bytes and any options.

use oscine_codec::explain::explain;
use oscine_codec::text_form::Json;
use oscine_codec::{
    DecodeError, DecodeOptions, Limits, Packet, PacketRef, Profile, TagSet, Tolerances,
};

use crate::rebuild::rebuild;
use crate::traverse::{format, traverse};

/// Decodes `bytes` with `options`, which tolerate nothing, and with `tolerated` besides, and checks every promise.
///
/// Gives the tolerances that were told when the packet was accepted.
pub(crate) fn check(
    bytes: &[u8],
    options: DecodeOptions,
    tolerated: Tolerances,
) -> Option<Tolerances> {
    check_both_ways(bytes, tolerated);
    check_explained(bytes, &options.tolerate(tolerated));
    check_split(bytes, &options.tolerate(tolerated));
    let decode = |tolerated| PacketRef::decode_with(bytes, &options.tolerate(tolerated));
    let owned = Packet::decode_with(bytes.to_vec(), &options.tolerate(tolerated));
    let packet = match decode(tolerated) {
        Ok(packet) => packet,
        Err(error) => {
            check_error(error, bytes.len());
            assert_eq!(owned, Err(error));
            return None;
        }
    };
    let told = packet.tolerances();
    let meaning = neutral(packet);
    assert!(tolerated.contains(told), "{told:?} was never granted");
    traverse(packet);
    format(packet);
    check_owned(owned.expect("the borrowed packet decoded"), packet);

    check_elements(packet, options.tolerate(told));
    // What was told is enough, and all of it was needed.
    let exact = decode(told).unwrap_or_else(|error| panic!("not with {told:?} alone: {error}"));
    assert_eq!((exact.tolerances(), &neutral(exact)), (told, &meaning));
    for one in told {
        // Two tolerances can stand in for each other: what is no address is read, or else left out.
        let other = one == Tolerances::ANY_ADDRESS && told.contains(Tolerances::UNKNOWN_ELEMENT);
        assert!(other || decode(told - one).is_err(), "{told:?}, and also without {one:?}");
    }
    // A profile that tolerates more reads the same.
    for profile in [Profile::Strict, Profile::Spec, Profile::Field] {
        let all = profile.tolerances();
        if all.contains(told) && !told.intersects(Tolerances::UNKNOWN_ELEMENT) {
            let again = decode(all).unwrap_or_else(|error| panic!("not in {profile:?}: {error}"));
            assert_eq!((again.tolerances(), &neutral(again)), (told, &meaning), "{profile:?}");
        }
    }
    check_rebuilt(packet, &meaning);
    Some(told)
}

/// Every message that is yielded is one by itself: nothing that was left out shows up.
fn check_elements(packet: PacketRef<'_>, options: DecodeOptions) {
    for timed in packet.messages() {
        let bytes = timed.message.as_bytes();
        // Alone it is a packet, and so its length is held to what a packet's is.
        let options = match bytes.len() % 4 {
            0 => options,
            _ => options.tolerate(Tolerances::MISSING_PADDING),
        };
        match PacketRef::decode_with(bytes, &options) {
            Ok(alone) => assert_eq!(neutral(alone), neutral(timed.message.into())),
            Err(error) => panic!("{:?} was not to be yielded: {error}", timed.message),
        }
    }
}

/// Reading the short way, which most packets go, and the long way, which options like these take, is the same.
fn check_both_ways(bytes: &[u8], tolerated: Tolerances) {
    const ALL_TAGS: TagSet = TagSet::new("ifsbhtdScrmTFNI[]");
    let few = Limits::new().arguments(3).array_depth(1);
    for limits in [Limits::new(), few, Limits::new().packet_size(bytes.len() / 2)] {
        let short = DecodeOptions::new().profile(Profile::Strict).tolerate(tolerated);
        let short = short.limits(limits);
        let long = short.only_tags(ALL_TAGS);
        let results = [short, long].map(|options| {
            PacketRef::decode_with(bytes, &options)
                .map(|packet| (packet.tolerances(), neutral(packet), packet))
        });
        assert_eq!(results[0], results[1]);
    }
}

/// Explaining says what decoding says, and passes over no byte.
fn check_explained(bytes: &[u8], options: &DecodeOptions) {
    let explained = explain(bytes, options);
    let verdict = PacketRef::decode_with(bytes, options).map(|packet| packet.tolerances());
    assert_eq!(explained.error().map_or_else(|| Ok(explained.tolerances()), Err), verdict);
    let mut joined = Vec::<u8>::with_capacity(bytes.len());
    for field in &explained {
        assert_eq!(field.offset, joined.len(), "{explained}");
        joined.extend(field.bytes);
    }
    assert_eq!(joined, bytes, "{explained}");
    assert!(bytes.is_empty() || explained.to_string().lines().count() > 0);
}

/// The packets that follow each other in some bytes are packets, and are all of the bytes.
fn check_split(bytes: &[u8], options: &DecodeOptions) {
    let mut at = 0;
    for item in PacketRef::decode_all(bytes, options).take(bytes.len() + 1) {
        let packet = match item {
            Ok(packet) => packet,
            Err(error) => return check_error(error, bytes.len()),
        };
        let part = packet.as_bytes();
        assert_eq!(bytes.get(at..at + part.len()), Some(part));
        let alone = PacketRef::decode_with(part, options).expect("it was decoded");
        assert_eq!(neutral(alone), neutral(packet));
        at += part.len();
    }
    assert!(bytes[at..].iter().all(|&byte| byte == 0), "bytes from {at} on were passed over");
}

fn check_error(error: DecodeError, len: usize) {
    assert!(error.offset() <= len, "{error}, beyond the {len} bytes there are");
    assert!(!error.kind().name().is_empty() && !error.to_string().is_empty());
}

fn check_owned(owned: Packet, packet: PacketRef<'_>) {
    assert_eq!(owned.view(), packet);
    assert_eq!(owned.tolerances(), packet.tolerances());
    assert_eq!(neutral(owned.view()), neutral(packet));
    assert_eq!(owned.to_string(), packet.to_string());
    for copy in [owned.clone(), owned.to_detached(), Packet::from(packet)] {
        assert_eq!(copy, owned);
        assert_eq!(neutral(copy.view()), neutral(packet));
    }
    assert_eq!(owned.into_bytes(), packet.as_bytes());
}

/// The packet built again from its views is the same to the letter, or says the same by the letter.
fn check_rebuilt(packet: PacketRef<'_>, meaning: &str) {
    let by_letter = (Tolerances::MISSING_TYPE_TAGS | Tolerances::TIME_ORDER).complement();
    let canonical = !packet.tolerances().intersects(by_letter);
    if packet.tolerances().is_empty() {
        let text = packet.to_string();
        assert_eq!(text.parse::<Packet>(), Ok(packet.into()), "{text}");
    }
    match rebuild(packet) {
        Some(Ok(built)) if canonical => assert_eq!(built.view(), packet),
        Some(Ok(built)) => {
            let spec = Packet::decode(built.bytes().clone()).expect("builders write by the letter");
            assert_eq!(neutral(spec.view()), meaning);
        }
        // Names of the field, `#reply` and the like, have no builder.
        Some(Err(error)) => assert!(!canonical, "{error}"),
        None => assert!(packet.tolerances().contains(Tolerances::MISSING_TYPE_TAGS)),
    }
}

fn neutral(packet: PacketRef<'_>) -> String {
    Json(packet).to_string()
}
