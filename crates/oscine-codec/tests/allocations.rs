//! How often the codec asks for memory. Counted in the thread that measures, so that tests may run beside each other.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use allocation_counter::measure;
use bytes::{Bytes, BytesMut};
use oscine_codec::{
    Bundle, Char, Color, DecodeOptions, Impulse, Message, Midi, Nil, Packet, PacketRef, Profile,
    Symbol, TimeTag,
};

#[path = "support/traverse.rs"]
mod traverse;

use traverse::{Visited, format, traverse};

/// A message with every type and arrays nested 32 deep, in bundles nested 32 deep with messages on each level.
fn rich() -> Packet {
    let every_type = Message::builder("/every/type")
        .arg((1, 2.5_f32, "text", *b"blob!", i64::MIN, TimeTag(7), f64::NAN))
        .arg((Symbol("symbol é"), 'c', Char(0x6100_0000), Color::from(0x0102_0304)))
        .arg((Midi { port: 0, status: 0x90, data1: 60, data2: 127 }, true, false, Nil, Impulse));
    let deep = (0..32).fold(every_type, |builder, level| builder.open_array().arg((level, "in")));
    let message = (0..32).fold(deep, |builder, _| builder.close_array()).build().unwrap();
    (0..32).fold(Packet::from(message), |inner, _| {
        let beside = Message::new("/beside", (1, "two", [3.0_f32, 4.0])).unwrap();
        let bundle = Bundle::builder(TimeTag(5)).element(beside.clone()).element(inner);
        bundle.element(beside).build().unwrap().into()
    })
}

/// The number of allocations in `work`, which is done twice: what the first run sets up for ever is nobody's cost.
fn allocations<T>(mut work: impl FnMut() -> T) -> u64 {
    drop(work());
    measure(|| drop(work())).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| vec![0_u8; 100]), 1);
    assert_eq!(allocations(|| Box::new([0_u64; 8])), 1);
    let mut full = vec![0_u8; 8];
    assert_eq!(measure(|| full.reserve_exact(1_000)).count_total, 1);
}

#[test]
fn decoding_borrowed_allocates_nothing() {
    let rich = rich();
    for profile in [Profile::Strict, Profile::Spec, Profile::Field] {
        let options = DecodeOptions::new().profile(profile);
        let count = allocations(|| PacketRef::decode_with(rich.as_bytes(), &options).unwrap());
        assert_eq!(count, 0, "{profile:?}");
    }
    let error = allocations(|| PacketRef::decode(&rich.as_bytes()[..400]).unwrap_err());
    assert_eq!(error, 0);
}

#[test]
fn decoding_with_everything_tolerated_allocates_nothing() {
    let packet = b"#bundle\0\0\0\0\0\0\0\0\x01\
        \0\0\0\x08/a\0\0,x\0\0\
        \0\0\0\x0c/\xff\0U,s\0\0\0\0\0\0\
        \0\0\0\0";
    let field = DecodeOptions::new().profile(Profile::Field);
    let count = allocations(|| {
        let packet = PacketRef::decode_with(packet, &field).unwrap();
        assert_eq!(packet.messages().count(), 1);
        assert_eq!(packet.tolerances().iter().count(), 4, "{:?}", packet.tolerances());
    });
    assert_eq!(count, 0);
}

#[test]
fn a_full_traversal_allocates_nothing() {
    let rich = rich();
    let packet = PacketRef::decode(rich.as_bytes()).unwrap();
    let mut visited = Visited::default();
    assert_eq!(allocations(|| visited = traverse(packet)), 0);
    assert_eq!((visited.nodes, visited.messages), (97, 65));
    // Each level of arrays has an integer, a text, and but for the last another array.
    assert_eq!(visited.args, 64 * 5 + 16 + 32 * 3);
}

#[test]
fn formatting_into_a_sink_allocates_nothing() {
    let rich = rich();
    let mut written = 0;
    assert_eq!(allocations(|| written = format(rich.view()).bytes), 0);
    assert!(written > 1_000, "{written}");
}

#[test]
fn a_typed_read_allocates_nothing() {
    let message = Message::new("/typed", (440.0_f32, -7, "sine")).unwrap();
    let packet = PacketRef::decode(message.as_bytes()).unwrap();
    let args = packet.message().unwrap().args();
    let exact = allocations(|| {
        assert_eq!(args.parse::<(f32, i32, &str)>(), Ok((440.0, -7, "sine")));
    });
    let coerced = allocations(|| {
        assert_eq!(args.parse_coercing::<(f64, i64, &str)>(), Ok((440.0, -7, "sine")));
    });
    let options = allocations(|| {
        let read = args.parse::<(f32, Option<i32>, Option<&str>, Option<i32>)>();
        assert_eq!(read, Ok((440.0, Some(-7), Some("sine"), None)));
    });
    assert_eq!((exact, coerced, options), (0, 0, 0));
}

#[test]
fn encoding_into_a_warm_buffer_allocates_nothing() {
    let mut out = BytesMut::with_capacity(1_024);
    let blob = [7_u8; 64];
    let mut encode = || {
        out.clear();
        let nested = [["a", "b"], ["c", "d"]];
        Message::encode_into("/first", (1, 2.5_f32, "text", blob, nested), &mut out).unwrap();
        Message::encode_into("/second", (TimeTag(9), Symbol("s"), true, Nil), &mut out).unwrap();
        assert!(Message::encode_into("/third", (1, "\0"), &mut out).is_err());
        out.len()
    };
    assert!(encode() > 100);
    assert_eq!(allocations(encode), 0);
}

#[test]
fn owning_a_datagram_allocates_nothing() {
    let rich = rich();
    let message = Message::new("/a", (1, "two")).unwrap();
    for bytes in [rich.bytes(), message.bytes()] {
        let datagrams: [Bytes; 2] = [(); 2].map(|()| Bytes::copy_from_slice(bytes));
        let mut datagrams = datagrams.into_iter();
        let mut packet = None;
        let count = measure(|| packet = Packet::decode(datagrams.next().unwrap()).ok()).count_total;
        let packet = packet.unwrap();
        let visited = measure(|| assert!(traverse(packet.view()).args > 0)).count_total;
        let read = measure(|| assert!(packet.messages().any(|m| m.message.args().count() > 1)));
        assert_eq!((count, visited, read.count_total), (0, 0, 0));
        assert_eq!(packet.as_bytes(), bytes);
    }
}

#[test]
fn cloning_and_sharing_allocate_nothing() {
    let packet = Packet::decode(BytesMut::from(rich().as_bytes()).freeze()).unwrap();
    // The first clone of unshared bytes makes room for the count of references.
    let first = packet.clone();
    assert_eq!(allocations(|| packet.clone()), 0);
    let bundle = packet.view().bundle().unwrap();
    let nested = bundle.elements().find_map(PacketRef::bundle).unwrap();
    assert_eq!(allocations(|| packet.share_bundle(nested)), 0);
    assert_eq!(allocations(|| packet.to_detached()), 1);
    drop(first);
}

#[test]
fn building_a_message_allocates_once() {
    assert_eq!(allocations(|| Message::new("/a", ()).unwrap()), 1);
    let values = (1, 2.5_f32, "text", [7_u8; 64], [[1, 2], [3, 4]]);
    assert_eq!(allocations(|| Message::new("/synth/1/freq", values).unwrap()), 1);
}
