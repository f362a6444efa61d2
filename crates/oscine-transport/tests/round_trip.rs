//! Any packets, in any framing and any chunking, are exactly those packets.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use bytes::BytesMut;
use common::random::{cut, lengths, packet};
use oscine_codec::Packet;
use oscine_transport::{
    PacketCodec,
    framing::{Adapter, Detect, Framing, FramingKind, Front, LengthPrefix, Measured, Slip, slip},
};
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

fn write(framing: impl Framing, packets: &[Packet]) -> Vec<u8> {
    let mut codec = PacketCodec::new(framing);
    let mut stream = BytesMut::new();
    for packet in packets {
        codec.encode(packet, &mut stream).unwrap();
    }
    stream.to_vec()
}

fn read(framing: impl Framing, pieces: &[&[u8]]) -> Vec<Packet> {
    let mut codec = PacketCodec::new(framing);
    let mut src = BytesMut::new();
    let mut packets = Vec::new();
    for piece in pieces {
        src.extend_from_slice(piece);
        while let Some(item) = codec.decode(&mut src).unwrap() {
            packets.push(item.unwrap());
        }
    }
    assert_eq!(codec.decode_eof(&mut src).unwrap(), None);
    packets
}

proptest! {
    #[test]
    fn length_prefix(packets in prop::collection::vec(packet(), 0..8), lengths in lengths()) {
        let stream = write(LengthPrefix::new(), &packets);
        prop_assert_eq!(&read(LengthPrefix::new(), &cut(&stream, &lengths)), &packets);
        prop_assert_eq!(&read(Detect::default(), &cut(&stream, &lengths)), &packets);
    }

    #[test]
    fn slip_with_and_without_leading_end(
        packets in prop::collection::vec(packet(), 0..8),
        lengths in lengths(),
        leading_end: bool,
    ) {
        let stream = write(Slip::builder().leading_end(leading_end).build(), &packets);
        prop_assert_eq!(&read(Slip::new(), &cut(&stream, &lengths)), &packets);
        prop_assert_eq!(&read(Detect::default(), &cut(&stream, &lengths)), &packets);
    }

    #[test]
    fn slip_in_any_dialect(
        packets in prop::collection::vec((packet(), 0_usize..4), 0..8),
        lengths in lengths(),
    ) {
        let (mut stream, mut expected) = (Vec::new(), Vec::new());
        for (packet, ends_before) in packets {
            let frame = slip::encode(packet.as_bytes());
            let single = frame.strip_prefix(&[slip::END]).unwrap();
            stream.extend(std::iter::repeat_n(slip::END, ends_before));
            stream.extend_from_slice(single);
            expected.push(packet);
        }
        prop_assert_eq!(&read(Slip::new(), &cut(&stream, &lengths)), &expected);
        prop_assert_eq!(&read(Detect::default(), &cut(&stream, &lengths)), &expected);
    }

    #[test]
    fn any_header(
        packets in prop::collection::vec(packet(), 0..8),
        lengths in lengths(),
        width in 2_usize..=8,
        little_endian: bool,
        before in 0_u8..4,
        after in 0_u8..4,
        surplus in -12_i32..12,
    ) {
        let builder = LengthPrefix::builder().width(width).little_endian(little_endian);
        let builder = builder.bytes_before(before).bytes_after(after).surplus(surplus);
        let stream = write(builder.build(), &packets);
        prop_assert_eq!(&read(builder.build(), &cut(&stream, &lengths)), &packets);
    }

    #[test]
    fn lenient_slip(packets in prop::collection::vec(packet(), 0..8), lengths in lengths()) {
        let lenient = Slip::builder().lenient(true).build();
        for slip in [Slip::single(), Slip::double(), lenient.clone()] {
            let stream = write(slip, &packets);
            prop_assert_eq!(&read(lenient.clone(), &cut(&stream, &lengths)), &packets);
        }
    }

    #[test]
    fn functions(packets in prop::collection::vec(packet(), 0..8), lengths in lengths()) {
        let framing = || {
            let measure = |src: &[u8]| match src {
                [b'@', high, low, ..] => {
                    let packet = u16::from_be_bytes([*high, *low]).into();
                    Front::Frame { header: 3, packet }
                }
                _ => Front::More,
            };
            Measured::new(measure, |length, dst: &mut BytesMut| {
                dst.extend_from_slice(b"@");
                dst.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
            })
        };
        let stream = write(framing(), &packets);
        prop_assert_eq!(&read(framing(), &cut(&stream, &lengths)), &packets);
    }

    #[test]
    fn a_codec_of_tokio_util(
        packets in prop::collection::vec(packet(), 0..8),
        lengths in lengths(),
    ) {
        let adapter = || Adapter::new(LengthDelimitedCodec::new());
        let stream = write(adapter(), &packets);
        prop_assert_eq!(&read(adapter(), &cut(&stream, &lengths)), &packets);
        // It is the framing of OSC 1.0.
        prop_assert_eq!(&read(LengthPrefix::new(), &cut(&stream, &lengths)), &packets);
        prop_assert_eq!(stream, write(LengthPrefix::new(), &packets));
    }

    #[test]
    fn a_framing_chosen_at_run_time(
        packets in prop::collection::vec(packet(), 1..8),
        lengths in lengths(),
        kind in prop_oneof![
            Just(FramingKind::LengthPrefix),
            Just(FramingKind::Slip),
            Just(FramingKind::Auto),
        ],
    ) {
        let stream = write(Detect::new(kind), &packets);
        prop_assert_eq!(&read(Detect::new(kind), &cut(&stream, &lengths)), &packets);
    }

    #[test]
    fn a_bad_packet_costs_itself_alone(
        packets in prop::collection::vec(packet(), 1..8),
        lengths in lengths(),
        kind in prop_oneof![Just(FramingKind::LengthPrefix), Just(FramingKind::Slip)],
        place in any::<prop::sample::Index>(),
    ) {
        let place = place.index(packets.len() + 1);
        let mut codec = PacketCodec::new(Detect::new(kind));
        let mut stream = BytesMut::new();
        for (index, packet) in packets.iter().enumerate() {
            if index == place {
                codec.encode(bytes::Bytes::from_static(b"nonsense"), &mut stream).unwrap();
            }
            codec.encode(packet, &mut stream).unwrap();
        }
        let (mut src, mut good, mut bad) = (BytesMut::new(), Vec::new(), 0);
        for piece in cut(&stream, &lengths) {
            src.extend_from_slice(piece);
            while let Some(item) = codec.decode(&mut src).unwrap() {
                match item {
                    Ok(packet) => good.push(packet),
                    Err(_) => bad += 1,
                }
            }
        }
        prop_assert_eq!(bad, usize::from(place < packets.len()));
        prop_assert_eq!(good, packets);
    }
}
