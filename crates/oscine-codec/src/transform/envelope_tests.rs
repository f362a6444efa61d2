//! Envelopes: every choice of stages, everything refused that is not as agreed, and the order of things.

use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::Mutex;

use crate::error::encode::EncodeError;
use crate::owned::message::Message;
use crate::owned::packet::Packet;
use crate::transform::envelope::Envelope;
use crate::transform::envelope_error::{OpenError, Stage, WrapError};
use crate::transform::table_tests::vectors;
use crate::view::packet_ref::PacketRef;

/// A number that any change of a byte changes; `key` stands for a secret.
fn hash(bytes: &[u8], key: u32) -> [u8; 4] {
    let step = |hash: u32, &byte: &u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5 ^ key, step).to_be_bytes()
}

fn mask(bytes: &[u8]) -> Option<Vec<u8>> {
    Some(bytes.iter().map(|byte| byte ^ 0x5a).collect())
}

/// An envelope with the stages whose bits are set.
fn envelope(stages: u8) -> Envelope {
    let mut builder = Envelope::builder();
    if stages & 1 != 0 {
        builder = builder.checksum("sum", |b| hash(b, 0), |b, sum| hash(b, 0) == sum);
    }
    if stages & 2 != 0 {
        builder = builder.signature("sig", |b| Some(hash(b, 9)), |b, sig| hash(b, 9) == sig);
    }
    if stages & 4 != 0 {
        builder = builder.cipher("mask", mask, mask);
    }
    builder.build().unwrap()
}

/// An envelope as a peer may make it.
fn made(checksum: (&str, &[u8]), signature: (&str, &[u8]), data: (&str, &[u8])) -> Message {
    Message::new("/packet", (checksum, signature, data)).unwrap()
}

#[test]
fn all_vectors_come_back() {
    for stages in 0..8 {
        let envelope = envelope(stages);
        for packet in vectors() {
            let sent = envelope.wrap(&packet).unwrap();
            let message = Packet::decode(sent.clone()).unwrap();
            assert!(message.to_string().starts_with("/packet ,sbsbsb "));
            assert_eq!(envelope.open(&sent).as_deref(), Ok(&packet[..]));
            for other in (0..8).filter(|&other| other != stages) {
                let refused = self::envelope(other).open(&sent);
                assert!(matches!(refused, Err(OpenError::Name { .. })), "{stages} {other}");
            }
        }
    }
}

#[test]
fn bytes_and_meaning() {
    let clear = b"/a\0\0,\0\0\0";
    let (sum, sig) = (hash(clear, 0), hash(clear, 9));
    let expected = made(("sum", &sum), ("sig", &sig), ("mask", &mask(clear).unwrap()));
    assert_eq!(envelope(7).wrap(clear).as_ref(), Ok(expected.bytes()));
    let expected = made(("", b""), ("", b""), ("", clear));
    assert_eq!(envelope(0).wrap(clear).as_ref(), Ok(expected.bytes()));
}

#[test]
fn what_is_not_as_agreed_is_refused() {
    let clear = &b"/a\0\0,\0\0\0"[..];
    let (sum, sig, data) = (hash(clear, 0), hash(clear, 9), mask(clear).unwrap());
    let failed = |stage| OpenError::Failed { stage };
    let name = |stage, expected: &str, found: &str| OpenError::Name {
        stage,
        expected: expected.into(),
        found: found.into(),
    };
    let (sum, sig, data) = (("sum", &sum[..]), ("sig", &sig[..]), ("mask", &data[..]));
    let empty = ("", &b""[..]);
    let cases = [
        (7, made(("sum", b"none"), sig, data), failed(Stage::Checksum)),
        (7, made(("sum", b""), sig, data), failed(Stage::Checksum)),
        (7, made(sum, ("sig", b"none"), data), failed(Stage::Signature)),
        (7, made(("sum", b""), ("sig", b""), data), failed(Stage::Signature)),
        (7, made(sum, sig, ("mask", clear)), failed(Stage::Signature)),
        (7, made(empty, sig, data), name(Stage::Checksum, "sum", "")),
        (7, made(sum, ("SIG", sig.1), data), name(Stage::Signature, "sig", "SIG")),
        (7, made(sum, sig, ("", clear)), name(Stage::Cipher, "mask", "")),
        (0, made(sum, empty, ("", clear)), name(Stage::Checksum, "", "sum")),
        (
            0,
            made(empty, ("", b"x"), ("", clear)),
            OpenError::Surplus { stage: Stage::Signature, length: 1 },
        ),
        (
            0,
            made(("", b"xy"), empty, ("", clear)),
            OpenError::Surplus { stage: Stage::Checksum, length: 2 },
        ),
        (7, Message::new("/packets", (sum, sig, data)).unwrap(), OpenError::NotWrapped),
        (7, Message::new("/packet", (sum, sig)).unwrap(), OpenError::NotWrapped),
        (7, Message::new("/packet", (sum, sig, data, 1)).unwrap(), OpenError::NotWrapped),
        (7, Message::typeless("/packet").unwrap(), OpenError::NotWrapped),
    ];
    for (stages, message, error) in cases {
        assert_eq!(envelope(stages).open(message.as_bytes()), Err(error), "{message}");
    }
    assert!(envelope(7).open(made(sum, sig, data).as_bytes()).is_ok());
    let long = "x".repeat(1_000);
    let refused = envelope(0).open(made((&long, b""), empty, empty).as_bytes());
    assert_eq!(refused, Err(name(Stage::Checksum, "", &long[..32])));
    let bundle = b"#bundle\0\0\0\0\0\0\0\0\x01";
    assert_eq!(envelope(0).open(bundle), Err(OpenError::NotWrapped));
}

#[test]
fn input_that_ends_anywhere_or_is_wrong_anywhere() {
    let clear = Message::new("/mixer/gain", (1, "text", 0.5_f32)).unwrap();
    let whole = envelope(7).wrap(clear.as_bytes()).unwrap();
    for len in 0..whole.len() {
        let refused = envelope(7).open(&whole[..len]);
        let typeless = PacketRef::decode(&whole[..len]).is_ok();
        let expected = matches!(&refused, Err(OpenError::NotWrapped) if typeless)
            || matches!(&refused, Err(OpenError::Decode(_)) if !typeless);
        assert!(expected, "cut at {len}: {refused:?}");
    }
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut wrong = whole.to_vec();
            wrong[place] ^= 1 << bit;
            assert!(envelope(7).open(&wrong).is_err(), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn the_order_of_things() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let log = log.clone();
        move |bytes: &[u8]| log.lock().unwrap().push(format!("{what} {}", bytes.len()))
    };
    let (sum, check_sum) = (note("sum"), note("check sum"));
    let (sign, check_signature) = (note("sign"), note("check signature"));
    let (encrypt, decrypt) = (note("encrypt"), note("decrypt"));
    let envelope = Envelope::builder()
        .checksum("c", move |b| (sum(b), []).1, move |b, _| (check_sum(b), true).1)
        .signature("s", move |b| (sign(b), Some([])).1, move |b, _| (check_signature(b), true).1)
        .cipher(
            "e",
            move |b| (encrypt(b), Some([b, b"+"].concat())).1,
            move |b| (decrypt(b), b.split_last().map(|(_, clear)| clear.to_vec())).1,
        )
        .build()
        .unwrap();
    let sent = envelope.wrap(b"1234").unwrap();
    assert_eq!(*log.lock().unwrap(), ["sum 4", "sign 4", "encrypt 4"]);
    log.lock().unwrap().clear();
    assert_eq!(envelope.open(&sent).as_deref(), Ok(&b"1234"[..]));
    assert_eq!(*log.lock().unwrap(), ["decrypt 5", "check signature 4", "check sum 4"]);
    // A wrong name is found before anything runs.
    log.lock().unwrap().clear();
    let other = made(("c", b""), ("s", b""), ("E", b"1234+"));
    assert!(matches!(envelope.open(other.as_bytes()), Err(OpenError::Name { .. })));
    assert!(log.lock().unwrap().is_empty());
}

#[test]
fn faults_of_this_end() {
    let never = |_: &[u8]| None::<Vec<u8>>;
    let unsigned = Envelope::builder().signature("s", never, |_, _| false).build().unwrap();
    assert_eq!(unsigned.wrap(b""), Err(WrapError::Failed { stage: Stage::Signature }));
    let clear = Envelope::builder().cipher("e", never, never).build().unwrap();
    assert_eq!(clear.wrap(b""), Err(WrapError::Failed { stage: Stage::Cipher }));
    let sealed = made(("", b""), ("", b""), ("e", b""));
    let failed = OpenError::Failed { stage: Stage::Cipher };
    assert_eq!(clear.open(sealed.as_bytes()), Err(failed));
    for name in ["", "a\0"] {
        let error = Envelope::builder().cipher(name, mask, mask).build().unwrap_err();
        assert_eq!(error, WrapError::Name { stage: Stage::Cipher, name: name.into() });
    }
    let debug = format!("{:?} {:?}", envelope(5), Envelope::builder());
    assert!(debug.starts_with(r#"Envelope { checksum: Some("sum"), signature: None, "#), "{debug}");
    let error = WrapError::Encode(EncodeError::UnbalancedArray);
    assert!(core::error::Error::source(&error).is_some());
}
