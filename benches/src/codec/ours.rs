//! Us, in the default profile: `Spec`, everything validated.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use oscine::codec::ArgSink;
use oscine::{
    Arg, Args, ArrayRef, Bundle, DecodeOptions, EncodeError, FromArgs, Message, MessageRef, Packet,
    PacketRef, TimeTag, ToArg,
};

use crate::codec::Work;
use crate::codec::case::{Bulk, Case};
use crate::codec::sides::{reads, writes};
use crate::contest::Side;

const NAME: &str = "oscine";

pub(crate) fn side(work: Work, case: Case) -> Box<dyn Side> {
    let packet = case.packet();
    match work {
        Work::Decode => reads(NAME, move || sum_packet(decode(black_box(&packet)))),
        Work::Typed => match case {
            Case::Medium => reads(NAME, move || typed_medium(black_box(&packet))),
            Case::SNew => reads(NAME, move || typed_snew(black_box(&packet))),
            _ => reads(NAME, move || typed_tiny(black_box(&packet))),
        },
        Work::Owned => reads(NAME, move || owned(black_box(&packet))),
        Work::Encode => encode_side(case),
    }
}

pub(crate) fn decode(bytes: &[u8]) -> PacketRef<'_> {
    PacketRef::decode(bytes).expect("the packet is sound")
}

/// Reads all arguments of a packet.
pub(crate) fn sum_packet(packet: PacketRef<'_>) -> u64 {
    match packet {
        PacketRef::Message(message) => sum_message(message),
        PacketRef::Bundle(bundle) => {
            bundle.messages().fold(0, |sum, timed| sum.wrapping_add(sum_message(timed.message)))
        }
    }
}

/// A datagram's bytes, shared, become a packet.
fn owned(datagram: &Bytes) -> u64 {
    let packet = Packet::decode(datagram.clone()).expect("the packet is sound");
    sum_packet(packet.view())
}

fn sum_address(message: MessageRef<'_>) -> u64 {
    message.address_bytes().first().copied().map_or(0, u64::from)
}

fn sum_message(message: MessageRef<'_>) -> u64 {
    sum_address(message).wrapping_add(sum_args(message.args()))
}

#[inline(always)]
fn sum_args(args: Args<'_>) -> u64 {
    let mut sum = 0_u64;
    for arg in args {
        sum = sum.wrapping_add(match arg {
            Arg::Int(value) => sum_int(value),
            Arg::Float(value) => sum_float(value),
            Arg::String(text) | Arg::Symbol(text) => text.len() as u64,
            Arg::Blob(bytes) => sum_blob(bytes),
            Arg::Long(value) => value as u64,
            Arg::Time(tag) => tag.0,
            Arg::Double(value) => value.to_bits(),
            Arg::Bool(value) => u64::from(value),
            Arg::Array(array) => sum_array(array),
            _ => 0,
        });
    }
    sum
}

// Apart, so that the loop over a message's arguments is no recursive function.
fn sum_array(array: ArrayRef<'_>) -> u64 {
    sum_args(array.iter()).wrapping_add(1)
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

/// Decodes a message, everything checked, and reads its arguments.
#[inline(always)]
fn read<'a, T: FromArgs<'a>>(bytes: &'a [u8]) -> (MessageRef<'a>, T) {
    const OPTIONS: &DecodeOptions = &DecodeOptions::new();
    MessageRef::decode_as(bytes, OPTIONS).expect("the packet is sound and as it is wanted")
}

pub(crate) fn typed_tiny(bytes: &[u8]) -> u64 {
    let (message, freq) = read::<f32>(bytes);
    sum_address(message) + sum_float(freq)
}

pub(crate) fn typed_medium(bytes: &[u8]) -> u64 {
    let (message, (band, gain, shape, blob)) = read::<(i32, f32, &str, &[u8])>(bytes);
    sum_address(message) + sum_int(band) + sum_float(gain) + shape.len() as u64 + sum_blob(blob)
}

pub(crate) fn typed_snew(bytes: &[u8]) -> u64 {
    type Controls<'a> = (&'a str, f32, &'a str, f32, &'a str, f32);
    let (message, ((synth, id, action, target), (first, x, second, y, third, z))) =
        read::<((&str, i32, i32, i32), Controls<'_>)>(bytes);
    let texts = synth.len() + first.len() + second.len() + third.len();
    sum_address(message)
        + texts as u64
        + (sum_int(id) + sum_int(action) + sum_int(target))
        + (sum_float(x) + sum_float(y) + sum_float(z))
}

/// A side that writes `case`, with a loop of its own for each.
fn encode_side(case: Case) -> Box<dyn Side> {
    fn with(bulk: Bulk, write: impl Fn(&Bulk, &mut BytesMut) + 'static) -> Box<dyn Side> {
        writes(NAME, BytesMut::with_capacity(128 * 1024), move |out| {
            out.clear();
            write(&bulk, out);
        })
    }
    let bulk = Bulk::new(case);
    match case {
        Case::Tiny => with(bulk, |bulk, out| encode(Case::Tiny, bulk, out)),
        Case::Medium => with(bulk, |bulk, out| encode(Case::Medium, bulk, out)),
        Case::SNew => with(bulk, |bulk, out| encode(Case::SNew, bulk, out)),
        Case::Bundle16 => with(bulk, |bulk, out| encode(Case::Bundle16, bulk, out)),
        Case::Nested64 => with(bulk, |bulk, out| encode(Case::Nested64, bulk, out)),
        Case::Blob1k => with(bulk, |bulk, out| encode(Case::Blob1k, bulk, out)),
        Case::Blob64k => with(bulk, |bulk, out| encode(Case::Blob64k, bulk, out)),
        Case::Floats128 => with(bulk, |bulk, out| encode(Case::Floats128, bulk, out)),
        Case::Arrays => with(bulk, |bulk, out| encode(Case::Arrays, bulk, out)),
    }
}

/// Appends the packet to `out`. All values are hidden from the compiler.
#[inline(always)]
pub(crate) fn encode(case: Case, bulk: &Bulk, out: &mut BytesMut) {
    let h = black_box::<i32>;
    let f = black_box::<f32>;
    let s = black_box::<&'static str>;
    let written = match case {
        Case::Tiny => Message::encode_into(s("/synth/1/freq"), f(440.0), out),
        Case::Medium => Message::encode_into(
            s("/mixer/channel/12/eq/band/3"),
            (h(3), f(-4.5), s("peak"), black_box(&*bulk.blob)),
            out,
        ),
        Case::SNew => Message::encode_into(
            s("/s_new"),
            (
                (s("default"), h(1001), h(0), h(1)),
                (s("freq"), f(440.0), s("amp"), f(0.2), s("pan"), f(-0.5)),
            ),
            out,
        ),
        Case::Bundle16 => encode_bundle16(out),
        Case::Nested64 => encode_nested64(out),
        Case::Blob1k | Case::Blob64k => {
            Message::encode_into(s("/buffer/1/data"), (h(0), black_box(&*bulk.blob)), out)
        }
        Case::Floats128 => Message::encode_into(s("/meters"), Each(black_box(&*bulk.floats)), out),
        Case::Arrays => Message::encode_into(
            s("/sequencer/pattern"),
            (
                s("verse"),
                [60, 61, 62, 63, 64, 65, 66, 67].map(h),
                [0, 1, 2, 3].map(|accent| [(h(accent), f(0.75))]),
                f(120.0),
            ),
            out,
        ),
    };
    written.expect("the packet is sound");
}

/// All of a slice, one argument each.
struct Each<'a>(&'a [f32]);

impl ToArg for Each<'_> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.0.iter().try_for_each(|value| value.to_arg(sink))
    }
}

fn encode_bundle16(out: &mut BytesMut) -> Result<(), EncodeError> {
    let h = black_box::<i32>;
    let f = black_box::<f32>;
    let s = black_box::<&'static str>;
    Bundle::encode_into(black_box(TimeTag::IMMEDIATE), out, |bundle| {
        for i in 0..4 {
            let cursor = (s("set"), h(i), f(0.25), f(0.75), f(0.01), f(-0.02), f(0.5));
            let tick = (black_box(96_000_i64), black_box(TimeTag(1 << 32)));
            let state = (s("playing"), black_box(true), black_box(120.5));
            bundle.message(s("/synth/voice/freq"), (h(i), f(440.0)))?;
            bundle.message(s("/tuio/2Dcur"), cursor)?;
            bundle.message(s("/transport/state"), state)?;
            bundle.message(s("/clock/tick"), tick)?;
        }
        Ok(())
    })
}

fn encode_nested64(out: &mut BytesMut) -> Result<(), EncodeError> {
    let now = || black_box(TimeTag::IMMEDIATE);
    Bundle::encode_into(now(), out, |outer| {
        for _ in 0..4 {
            outer.bundle(now(), |middle| {
                for _ in 0..4 {
                    middle.bundle(now(), |inner| {
                        for k in 0..4 {
                            let args = (black_box(k), black_box(0.5_f32));
                            inner.message(black_box("/voice/amp"), args)?;
                        }
                        Ok(())
                    })?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })
}
