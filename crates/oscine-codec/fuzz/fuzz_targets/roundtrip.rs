//! Any packet: built, decoded, and built again; and any bytes that `Strict` accepts, built again.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use oscine_codec::{DecodeOptions, Packet, PacketRef, Profile};

#[path = "../../tests/support/model.rs"]
mod model;
#[path = "../../tests/support/rebuild.rs"]
mod rebuild;

use model::{Model, Value};
use rebuild::rebuild;

fuzz_target!(|bytes: &[u8]| {
    let strict = DecodeOptions::new().profile(Profile::Strict);
    if let Ok(packet) = PacketRef::decode_with(bytes, &strict) {
        let built = rebuild(packet).and_then(Result::ok).expect("by the letter");
        assert_eq!(built.as_bytes(), bytes);
        assert_eq!(Model::read(packet).build(), Ok(built));
    }
    let Ok(Any(model)) = Any::arbitrary(&mut Unstructured::new(bytes)) else { return };
    let spec = DecodeOptions::new();
    for (model, options) in [(model.clone(), spec), (model.in_order(0).with_tags(), strict)] {
        let built = model.build().expect("nothing in it is beyond a limit");
        let decoded = PacketRef::decode_with(built.as_bytes(), &options).expect("it was built");
        assert_eq!(Model::read(decoded), model);
        assert_eq!(Model::read(built.view()), model);
        assert_eq!(rebuild(decoded), Some(Ok(built.clone())));
        assert_eq!(Packet::decode_with(built.bytes().clone(), &options), Ok(built));
    }
});

/// A packet that a builder can build.
struct Any(Model);

impl<'a> Arbitrary<'a> for Any {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        packet(u, 6).map(Self)
    }
}

fn packet(u: &mut Unstructured<'_>, levels: usize) -> Result<Model> {
    if levels > 0 && u.ratio(1, 3)? {
        let count = u.int_in_range(0..=5)?;
        let elements: Result<_> = (0..count).map(|_| packet(u, levels - 1)).collect();
        return Ok(Model::Bundle { time: u64::arbitrary(u)?, elements: elements? });
    }
    let address = format!("/{}", text(u)?);
    let args = if u.ratio(9, 10)? { Some(values(u, 6)?) } else { None };
    Ok(Model::Message { address, args })
}

fn values(u: &mut Unstructured<'_>, levels: usize) -> Result<Vec<Value>> {
    let count = u.int_in_range(0..=7)?;
    (0..count).map(|_| value(u, levels)).collect()
}

fn value(u: &mut Unstructured<'_>, levels: usize) -> Result<Value> {
    Ok(match u.int_in_range(0..=14)? {
        0 => Value::Int(i32::arbitrary(u)?),
        1 => Value::Float(u32::arbitrary(u)?),
        2 => Value::Text(text(u)?),
        3 => Value::Blob(Vec::arbitrary(u)?),
        4 => Value::Long(i64::arbitrary(u)?),
        5 => Value::Time(u64::arbitrary(u)?),
        6 => Value::Double(u64::arbitrary(u)?),
        7 => Value::Symbol(text(u)?),
        8 => Value::Char(u32::arbitrary(u)?),
        9 => Value::Color(u32::arbitrary(u)?),
        10 => Value::Midi(<[u8; 4]>::arbitrary(u)?),
        11 => Value::Bool(bool::arbitrary(u)?),
        12 => Value::Nil,
        13 if levels > 0 => Value::Array(values(u, levels - 1)?),
        _ => Value::Impulse,
    })
}

fn text(u: &mut Unstructured<'_>) -> Result<String> {
    Ok(<&str>::arbitrary(u)?.replace('\0', ""))
}
