//! Packets, bytes and options to try.

use bytes::Bytes;
use oscine_codec::{DecodeOptions, Limits, Profile, TagSet, Tolerances};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::model::{Model, Value};

/// Any Unicode without NUL.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let char = prop_oneof![
        4 => (1_u8..128).prop_map(char::from),
        2 => any::<char>(),
        1 => select("/,#*\"'\\;{}[]\u{7f}\u{85}\u{a0}\u{2028}\u{feff}\u{fffd}é😀".chars().collect::<Vec<_>>()),
    ];
    let char = char.prop_filter("ends text", |&c| c != '\0');
    vec(char, 0..12).prop_map(|chars| chars.into_iter().collect())
}

pub(crate) fn address() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("/{text}"))
}

fn value() -> impl Strategy<Value = Value> {
    let float = prop_oneof![
        any::<u32>(),
        (0x7f80_0000_u32..0x8000_0000).boxed(),
        select(vec![0, 1, 1 << 31, f32::NAN.to_bits(), 0x7f80_0001, u32::MAX]),
    ];
    let double = prop_oneof![
        any::<u64>(),
        (0x7ff0_u64 << 48..1 << 63).boxed(),
        select(vec![0, 1, 1 << 63, f64::NAN.to_bits(), u64::MAX]),
    ];
    let char = prop_oneof![any::<u32>(), any::<char>().prop_map(u32::from), 0_u32..0x100];
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        float.prop_map(Value::Float),
        text().prop_map(Value::Text),
        vec(any::<u8>(), 0..10).prop_map(Value::Blob),
        any::<i64>().prop_map(Value::Long),
        any::<u64>().prop_map(Value::Time),
        double.prop_map(Value::Double),
        text().prop_map(Value::Symbol),
        char.prop_map(Value::Char),
        any::<u32>().prop_map(Value::Color),
        any::<[u8; 4]>().prop_map(Value::Midi),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Nil),
        Just(Value::Impulse),
    ];
    leaf.prop_recursive(6, 24, 4, |inner| vec(inner, 0..4).prop_map(Value::Array))
}

pub(crate) fn message() -> impl Strategy<Value = Model> {
    let args = prop_oneof![9 => vec(value(), 0..6).prop_map(Some), 1 => Just(None)];
    (address(), args).prop_map(|(address, args)| Model::Message { address, args })
}

/// A packet that `Spec` accepts.
pub(crate) fn packet() -> impl Strategy<Value = Model> {
    let bundle = message().prop_recursive(5, 24, 4, |inner| {
        let time = prop_oneof![Just(1), any::<u64>()];
        (time, vec(inner, 0..4)).prop_map(|(time, elements)| Model::Bundle { time, elements })
    });
    prop_oneof![message(), bundle]
}

/// A packet that `Strict` accepts.
pub(crate) fn strict_packet() -> impl Strategy<Value = Model> {
    packet().prop_map(|packet| packet.in_order(0).with_tags())
}

/// Bytes of no kind, or pieces of packets in any order.
pub(crate) fn junk() -> impl Strategy<Value = Bytes> {
    let piece = prop_oneof![
        6 => select(PIECES.to_vec()).prop_map(<[u8]>::to_vec),
        2 => (0_u32..64).prop_map(|size| size.to_be_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..9),
    ];
    let pieces = vec(piece, 0..12).prop_map(|pieces| pieces.concat());
    let framed = (vec(pieces.clone(), 0..5), any::<bool>(), 0_u8..3);
    let framed = framed.prop_map(|(elements, outer, time)| {
        let bundle = bundle(time, &elements);
        if outer { self::bundle(1, &[bundle, b"/z\0\0,\0\0\0".to_vec()]) } else { bundle }
    });
    prop_oneof![1 => vec(any::<u8>(), 0..64), 4 => pieces, 4 => framed].prop_map(Bytes::from)
}

/// A bundle of elements with the sizes they have.
fn bundle(time: u8, elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"#bundle\0\0\0\0\0\0\0\0".to_vec();
    bytes.push(time);
    for element in elements {
        bytes.extend(u32::try_from(element.len()).unwrap().to_be_bytes());
        bytes.extend(element);
    }
    bytes
}

const PIECES: &[&[u8]] = &[
    b"/a\0\0",
    b"/abc\0\0\0\0",
    b"/a",
    b"#bundle\0",
    b"#reply\0\0",
    b"foo\0",
    b"/\xff\0\0",
    b",\0\0\0",
    b",i\0\0",
    b",fs\0",
    b",[N]",
    b",b\0\0",
    b",x\0\0",
    b",sf\0",
    b",f",
    b",T",
    b"\0",
    b"\0\0",
    b"\0\0\0\0",
    b"\0\0\0\0\0\0\0\x01",
    b"\0\0\0\x04",
    b"\0\0\0\x03abc",
    b"hi\0\0",
    b"hi\0!",
    b"/a\0\0,f\0\0\x40",
    b"text\0\0\0\0",
    b"\x01",
];

/// A packet that something happened to.
pub(crate) fn damaged() -> impl Strategy<Value = Bytes> {
    let valid = packet().prop_map(|packet| packet.build().unwrap().into_bytes().to_vec());
    (valid, vec(damage(), 1..4)).prop_map(|(mut bytes, damages)| {
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        Bytes::from(bytes)
    })
}

#[derive(Debug, Clone)]
enum Damage {
    Flip(usize, u8),
    Set(usize, u8),
    Truncate(usize),
    Splice(usize, usize, usize),
    Insert(usize, Vec<u8>),
    Size(usize, u32),
    Append(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<usize>;
    let piece = || select(PIECES.to_vec()).prop_map(<[u8]>::to_vec);
    let size =
        prop_oneof![0_u32..40, any::<u32>(), select(vec![1 << 31, u32::MAX, i32::MAX as u32])];
    let special = select(b"/,#[]xfsb\0\x01\x80\xff".to_vec());
    prop_oneof![
        (at(), 0_u8..8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        (at(), special).prop_map(|(at, byte)| Damage::Set(at, byte)),
        at().prop_map(Damage::Truncate),
        (at(), at(), at()).prop_map(|(from, len, to)| Damage::Splice(from, len, to)),
        (at(), piece()).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (at(), size).prop_map(|(at, size)| Damage::Size(at, size)),
        piece().prop_map(Damage::Append),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        let at = |index: usize| index % (len + 1);
        match self {
            Self::Flip(index, mask) if len > 0 => bytes[index % len] ^= mask,
            Self::Set(index, byte) if len > 0 => bytes[index % len] = *byte,
            Self::Flip(..) | Self::Set(..) => {}
            Self::Truncate(index) => bytes.truncate(at(*index)),
            Self::Splice(from, count, to) => {
                let from = at(*from);
                let piece = bytes[from..(from + count % 24).min(len)].to_vec();
                let to = at(*to);
                bytes.splice(to..to, piece);
            }
            Self::Insert(index, piece) => {
                let index = at(*index);
                bytes.splice(index..index, piece.iter().copied());
            }
            // Sizes stand at multiples of 4.
            Self::Size(index, size) => {
                let start = at(*index) & !3;
                let end = (start + 4).min(len);
                bytes.splice(start..end, size.to_be_bytes());
            }
            Self::Append(piece) => bytes.extend(piece),
        }
    }
}

/// Options that tolerate nothing, with limits of all sizes.
pub(crate) fn options() -> impl Strategy<Value = DecodeOptions> {
    let limit = || prop_oneof![3 => Just(32_u32), 1 => 0_u32..12];
    let limits =
        (limit(), limit(), limit(), limit(), prop_oneof![4 => Just(1 << 20), 1 => 0_usize..200]);
    let tags = prop_oneof![
        6 => Just(None),
        1 => select(vec!["ifs", "ifsbhtdScrmTFNI[]", "[]N", ""]).prop_map(|tags| Some(TagSet::new(tags))),
    ];
    (limits, tags, prop::bool::weighted(0.1), prop::bool::weighted(0.1)).prop_map(
        |((depth, arrays, elements, arguments, size), tags, concrete, ascii)| {
            let limits = Limits::new().depth(depth).array_depth(arrays).elements(elements);
            let limits = limits.arguments(arguments).packet_size(size);
            let options = DecodeOptions::new().profile(Profile::Strict).limits(limits);
            let options = options.check_addresses(concrete).ascii_only(ascii);
            match tags {
                Some(tags) => options.only_tags(tags),
                None => options,
            }
        },
    )
}

/// A profile's tolerances, or any.
pub(crate) fn tolerances() -> impl Strategy<Value = Tolerances> {
    prop_oneof![
        Just(Profile::Strict.tolerances()),
        Just(Profile::Spec.tolerances()),
        Just(Profile::Field.tolerances()),
        any::<u16>().prop_map(Tolerances::from_bits_truncate),
    ]
}
