//! The messages that go through sockets.

use oscine::{Arg, Message, Packet, PacketRef};

const ADDRESS: &str = "/synth/voice/1/freq";

/// `count` messages `/synth/voice/1/freq ,if`, 32 bytes each: their number, and a pitch.
///
/// Written as SLIP, two of a hundred have a byte to escape, for the sake of their number.
pub(crate) fn messages(count: u64) -> Vec<Packet> {
    let message = |number| {
        let arguments = (i32::try_from(number).expect("a small number"), 440.0_f32);
        let message = Message::new(ADDRESS, arguments).expect("a valid address");
        assert_eq!(message.as_bytes().len(), 32);
        message.into()
    };
    (0..count).map(message).collect()
}

/// `count` messages `/synth/voice/1/freq ,f`, 28 bytes each, all different: what a handler of one float gets.
pub(crate) fn floats(count: u64) -> Vec<Packet> {
    let message = |number| {
        let pitch = f32::from(u16::try_from(number).expect("a small number"));
        let message = Message::new(ADDRESS, pitch).expect("a valid address");
        assert_eq!(message.as_bytes().len(), 28);
        message.into()
    };
    (0..count).map(message).collect()
}

/// Reads whatever arguments there are; for those who have not read them when it counted. 0 if it is no message.
pub(crate) fn sum_all(packet: &[u8]) -> u64 {
    let packet = PacketRef::decode(packet).ok();
    let message = packet.and_then(PacketRef::message);
    let values = message.into_iter().flat_map(|message| message.args()).map(|arg| match arg {
        Arg::Int(number) => u64::from(number as u32),
        Arg::Float(pitch) => u64::from(pitch.to_bits()),
        other => panic!("no such argument was sent: {other:?}"),
    });
    values.sum()
}

/// Reads both arguments of [`messages`].
#[inline]
pub(crate) fn sum(packet: PacketRef<'_>) -> u64 {
    let message = packet.message().expect("only messages were sent");
    let (number, pitch) = message.args().parse::<(i32, f32)>().expect("the arguments fit");
    u64::from(number as u32) + u64::from(pitch.to_bits())
}
