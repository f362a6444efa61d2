//! rosc: decodes to owned values, and encodes a value that was built before.

use std::hint::black_box;

use rosc::{OscMessage, OscPacket, OscType, decoder, encoder};

use crate::codec::Work;
use crate::codec::case::Case;
use crate::codec::sides::{reads, writes};
use crate::contest::Side;

const NAME: &str = "rosc";

pub(crate) fn side(work: Work, case: Case) -> Option<Box<dyn Side>> {
    let packet = case.packet();
    Some(match work {
        Work::Decode | Work::Owned => reads(NAME, move || sum_packet(&decode(black_box(&packet)))),
        Work::Typed => match case {
            Case::Medium => reads(NAME, move || typed(black_box(&packet), medium)),
            Case::SNew => reads(NAME, move || typed(black_box(&packet), snew)),
            _ => reads(NAME, move || typed(black_box(&packet), tiny)),
        },
        Work::Encode => {
            let value = decode(&packet);
            writes(NAME, Vec::with_capacity(128 * 1024), move |out| {
                out.clear();
                // Writing to a `Vec` has no way to fail.
                let Ok(_) = encoder::encode_into(black_box(&value), out);
            })
        }
    })
}

fn decode(bytes: &[u8]) -> OscPacket {
    decoder::decode_udp(bytes).expect("the packet is sound").1
}

fn sum_packet(packet: &OscPacket) -> u64 {
    match packet {
        OscPacket::Message(message) => sum_address(message).wrapping_add(sum_args(&message.args)),
        OscPacket::Bundle(bundle) => {
            bundle.content.iter().fold(0, |sum, packet| sum.wrapping_add(sum_packet(packet)))
        }
    }
}

fn sum_address(message: &OscMessage) -> u64 {
    message.addr.as_bytes().first().copied().map_or(0, u64::from)
}

fn sum_args(args: &[OscType]) -> u64 {
    let mut sum = 0_u64;
    for arg in args {
        sum = sum.wrapping_add(match arg {
            OscType::Int(value) => sum_int(*value),
            OscType::Float(value) => sum_float(*value),
            OscType::String(text) => text.len() as u64,
            OscType::Blob(bytes) => sum_blob(bytes),
            OscType::Long(value) => *value as u64,
            OscType::Time(time) => u64::from(time.seconds) << 32 | u64::from(time.fractional),
            OscType::Double(value) => value.to_bits(),
            OscType::Bool(value) => u64::from(*value),
            OscType::Array(array) => sum_args(&array.content).wrapping_add(1),
            _ => 0,
        });
    }
    sum
}

fn sum_int(value: i32) -> u64 {
    u64::from(value as u32)
}

fn sum_float(value: f32) -> u64 {
    u64::from(value.to_bits())
}

fn sum_blob(bytes: &[u8]) -> u64 {
    match bytes {
        [] => 0,
        [only] => 2 * u64::from(*only),
        [first, .., last] => u64::from(*first) + u64::from(*last),
    }
}

/// Decodes a message whose arguments `read` knows.
fn typed(bytes: &[u8], read: impl Fn(&[OscType]) -> Option<u64>) -> u64 {
    match decode(bytes) {
        OscPacket::Message(message) => {
            sum_address(&message) + read(&message.args).expect("the arguments fit")
        }
        OscPacket::Bundle(_) => unreachable!("the packet is a message"),
    }
}

fn tiny(args: &[OscType]) -> Option<u64> {
    let [OscType::Float(freq)] = args else { return None };
    Some(sum_float(*freq))
}

fn medium(args: &[OscType]) -> Option<u64> {
    let [OscType::Int(band), OscType::Float(gain), OscType::String(shape), OscType::Blob(blob)] =
        args
    else {
        return None;
    };
    Some(sum_int(*band) + sum_float(*gain) + shape.len() as u64 + sum_blob(blob))
}

fn snew(args: &[OscType]) -> Option<u64> {
    let [
        OscType::String(synth),
        OscType::Int(id),
        OscType::Int(action),
        OscType::Int(target),
        OscType::String(first),
        OscType::Float(x),
        OscType::String(second),
        OscType::Float(y),
        OscType::String(third),
        OscType::Float(z),
    ] = args
    else {
        return None;
    };
    let texts = synth.len() + first.len() + second.len() + third.len();
    let numbers = sum_int(*id) + sum_int(*action) + sum_int(*target);
    Some(texts as u64 + numbers + sum_float(*x) + sum_float(*y) + sum_float(*z))
}
