//! Packets of a full datagram that nest as deep, or spread as wide, as they can, on a stack of 64 KiB.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::thread;

use oscine_codec::explain::explain;
use oscine_codec::text_form::Json;
use oscine_codec::{
    Bundle, DecodeErrorKind, DecodeOptions, EncodeError, Limits, Message, Node, Packet, PacketRef,
    Profile, TimeTag, Tolerances,
};

#[path = "support/traverse.rs"]
mod traverse;

use traverse::{Visited, format, traverse};

/// As much as UDP over IPv4 carries.
const DATAGRAM: usize = 65_507;
/// A main thread usually has 8 MiB.
const STACK: usize = 64 * 1024;
const FIELD: DecodeOptions = DecodeOptions::new().profile(Profile::Field);

/// What is refused by default is accepted here.
const fn raised(options: DecodeOptions) -> DecodeOptions {
    let limits = Limits::new().depth(u32::MAX).array_depth(u32::MAX);
    options.limits(limits.elements(u32::MAX).arguments(u32::MAX))
}

/// Does to a packet whatever can be done, in a thread with a small stack, and gives what a traversal met.
fn survive(bytes: Vec<u8>, options: DecodeOptions) -> Visited {
    thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || handle(bytes, options))
        .unwrap()
        .join()
        .unwrap()
}

fn handle(bytes: Vec<u8>, options: DecodeOptions) -> Visited {
    let packet = PacketRef::decode_with(&bytes, &options).unwrap();
    let visited = traverse(packet);
    assert_eq!(packet.walk().count(), visited.nodes);
    let written = format(packet);
    assert!(written.bytes > bytes.len(), "{written:?}");

    let owned = Packet::decode_with(bytes.clone(), &options).unwrap();
    let copies = [owned.clone(), owned.to_detached(), Packet::from(packet)];
    for copy in &copies {
        assert_eq!(copy, &owned);
        assert_eq!(copy.view(), packet);
        assert_eq!(copy.tolerances(), packet.tolerances());
        assert_eq!(copy.messages().count(), visited.messages);
    }
    let text = owned.to_string();
    assert!(format!("{owned:?}").contains(&text));
    assert_eq!(Json(owned.view()).to_string(), Json(packet).to_string());

    let mut innermost = None;
    for node in owned.view().walk() {
        match node {
            Node::Bundle { bundle, .. } => innermost = Some(owned.share_bundle(bundle)),
            Node::Message(timed) => {
                let message = Message::from(timed.message);
                assert!(message.args() == timed.message.args());
            }
            other => panic!("a new kind of node: {other:?}"),
        }
    }
    assert_eq!(explain(&bytes, &options).error(), None);
    let explained: usize = explain(&bytes, &options).fields().map(|field| field.bytes.len()).sum();
    assert_eq!(explained, bytes.len());
    assert!(explain(&bytes, &options).to_string().lines().count() > 3);
    assert!(PacketRef::decode_all(&bytes, &options).all(|packet| packet.is_ok()));

    assert_eq!(innermost.is_some(), owned.view().bundle().is_some());
    drop((copies, owned, innermost));
    visited
}

/// Builds again what a packet holds, in a thread with a small stack.
fn rebuild(bytes: Vec<u8>) -> Option<EncodeError> {
    let build = move || match PacketRef::decode_with(&bytes, &raised(FIELD)).unwrap() {
        PacketRef::Message(message) => Message::new("/again", message.args()).err(),
        bundle @ PacketRef::Bundle(_) => Bundle::new(TimeTag(1), [bundle]).err(),
    };
    thread::Builder::new().stack_size(STACK).spawn(build).unwrap().join().unwrap()
}

/// The kind of error that the default limits give, in a thread with a small stack.
fn refusal(bytes: Vec<u8>, options: DecodeOptions) -> DecodeErrorKind {
    let decode = move || {
        let owned = Packet::decode_with(bytes.clone(), &options).unwrap_err();
        let error = PacketRef::decode_with(&bytes, &options).unwrap_err();
        assert_eq!(owned, error);
        assert!(error.offset() <= bytes.len());
        error.kind()
    };
    thread::Builder::new().stack_size(STACK).spawn(decode).unwrap().join().unwrap()
}

/// Bundles, one in the other, around `innermost`.
fn bundles(levels: usize, innermost: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for left in (0..levels).rev() {
        bytes.extend(b"#bundle\0\0\0\0\0\0\0\0\x01");
        let inner = left * 20 + innermost.len();
        bytes.extend(u32::try_from(inner).unwrap().to_be_bytes());
    }
    bytes.extend(innermost);
    bytes
}

/// One bundle with `element` in it so many times.
fn wide(count: usize, element: &[u8]) -> Vec<u8> {
    let size = u32::try_from(element.len()).unwrap().to_be_bytes();
    [b"#bundle\0\0\0\0\0\0\0\0\x01", [&size, element].concat().repeat(count).as_slice()].concat()
}

/// A message with these type tags and no data.
fn tags(tags: &str) -> Vec<u8> {
    let mut bytes = format!("/a\0\0,{tags}").into_bytes();
    bytes.resize((bytes.len() & !3) + 4, 0);
    bytes
}

#[test]
fn a_bomb_of_bundles() {
    // A multiple of 4 fits the letter of the specification; one message without its padding fills the datagram.
    let by_letter = bundles(3_274, b"/abcdef\0,T\0\0");
    assert_eq!(by_letter.len(), 65_492);
    let full = bundles(3_275, b"/abcde\0");
    assert_eq!(full.len(), DATAGRAM);
    let too_deep = DecodeErrorKind::NestingTooDeep { limit: 32 };
    let strict = DecodeOptions::new().profile(Profile::Strict);
    for options in [strict, DecodeOptions::new(), FIELD] {
        assert_eq!(refusal(by_letter.clone(), options), too_deep);
        let visited = survive(by_letter.clone(), raised(options));
        assert_eq!((visited.nodes, visited.messages, visited.args), (3_275, 1, 1));
    }
    assert_eq!(refusal(full.clone(), FIELD), too_deep);
    let told = PacketRef::decode_with(&full, &raised(FIELD)).unwrap().tolerances();
    assert!(told.contains(Tolerances::UNALIGNED_ELEMENTS | Tolerances::MISSING_PADDING));
    let visited = survive(full.clone(), raised(FIELD));
    assert_eq!((visited.nodes, visited.messages), (3_276, 1));
    assert_eq!(rebuild(full), Some(EncodeError::TooDeep { limit: 32 }));
}

#[test]
fn a_bomb_of_bundles_that_all_lie_about_their_end() {
    // Each size reaches beyond what is around it: refused at once, whatever the limits.
    let mut bytes = bundles(3_275, b"/abcde\0");
    bytes[16..20].copy_from_slice(&i32::MAX.to_be_bytes());
    let kind = refusal(bytes, raised(FIELD));
    assert!(matches!(kind, DecodeErrorKind::ElementLength { length: i32::MAX, .. }), "{kind}");
}

#[test]
fn a_bomb_of_arrays() {
    let levels = 32_750;
    let nest = |inner| ["[".repeat(levels), inner, "]".repeat(levels)].concat();
    let by_letter = tags(&nest(String::new()));
    assert_eq!(by_letter.len(), 65_508);
    let mut full = tags(&nest("N".into()));
    full.truncate(DATAGRAM);
    assert_eq!(full.iter().rev().take_while(|&&byte| byte == 0).count(), 1);
    for (bytes, options, nils) in [(by_letter, DecodeOptions::new(), 0), (full, FIELD, 1)] {
        let too_deep = DecodeErrorKind::NestingTooDeep { limit: 32 };
        assert_eq!(refusal(bytes.clone(), options), too_deep);
        let visited = survive(bytes.clone(), raised(options));
        assert_eq!((visited.nodes, visited.tags), (1, 2 * levels + nils));
        // One array a level, as deep as a traversal follows.
        assert_eq!(visited.args, 34);
        assert_eq!(rebuild(bytes), Some(EncodeError::TooDeep { limit: 32 }));
    }
}

#[test]
fn text_of_a_bomb_is_refused() {
    let bytes = tags(&["[".repeat(30_000), "]".repeat(30_000)].concat());
    let nested = bundles(3_275, b"/abcde\0");
    let parse = move || {
        let message = PacketRef::decode_with(&bytes, &raised(FIELD)).unwrap().to_string();
        assert!(message.len() > 120_000, "{}", message.len());
        let error = message.parse::<Message>().unwrap_err();
        assert!(error.reason().contains("nested deeper"), "{error}");
        let levels = PacketRef::decode_with(&nested, &raised(FIELD)).unwrap().to_string();
        assert!(levels.len() > 80_000, "{}", levels.len());
        let error = levels.parse::<Packet>().unwrap_err();
        assert!(error.reason().contains("nested deeper"), "{error}");
        // Without type tags, and as a shell would give it.
        assert!(format!("/a {}", "[".repeat(60_000)).parse::<Message>().is_err());
        assert!(Message::builder("/a").arg_text(&"[".repeat(60_000)).is_err());
    };
    thread::Builder::new().stack_size(STACK).spawn(parse).unwrap().join().unwrap();
}

#[test]
fn wide_bombs_of_arguments() {
    let limit = DecodeErrorKind::TooManyArguments { limit: 16_384 };
    for (bytes, args) in [(tags(&"N".repeat(60_000)), 60_000), (tags(&"[]".repeat(30_000)), 30_000)]
    {
        assert_eq!(refusal(bytes.clone(), DecodeOptions::new()), limit);
        let visited = survive(bytes.clone(), raised(DecodeOptions::new()));
        assert_eq!((visited.nodes, visited.tags, visited.args), (1, 60_000, args));
        assert_eq!(rebuild(bytes), None);
    }
}

#[test]
fn wide_bombs_of_elements() {
    let empty = b"#bundle\0\0\0\0\0\0\0\0\x01";
    for (bytes, messages) in [(wide(5_000, b"/a\0\0,\0\0\0"), 5_000), (wide(3_000, empty), 0)] {
        assert!(bytes.len() <= DATAGRAM);
        let few = Limits::new().elements(2_999);
        let kind = refusal(bytes.clone(), DecodeOptions::new().limits(few));
        assert_eq!(kind, DecodeErrorKind::TooManyElements { limit: 2_999 });
        let visited = survive(bytes.clone(), DecodeOptions::new());
        let bundles = if messages == 0 { 3_001 } else { 1 };
        assert_eq!((visited.nodes, visited.messages), (bundles + messages, messages));
        assert_eq!(rebuild(bytes), None);
    }
}
