//! The messages that go through sockets: 32 bytes, two arguments.

use oscine::{Message, Packet, PacketRef};

/// `count` messages `/synth/voice/1/freq ,if`, 32 bytes each: their number, and a pitch.
///
/// Written as SLIP, two of a hundred have a byte to escape, for the sake of their number.
pub(crate) fn messages(count: u64) -> Vec<Packet> {
    let message = |number| {
        let arguments = (i32::try_from(number).expect("a small number"), 440.0_f32);
        let message = Message::new("/synth/voice/1/freq", arguments).expect("a valid address");
        assert_eq!(message.as_bytes().len(), 32);
        message.into()
    };
    (0..count).map(message).collect()
}

/// Reads both arguments.
#[inline]
pub(crate) fn sum(packet: PacketRef<'_>) -> u64 {
    let message = packet.message().expect("only messages were sent");
    let (number, pitch) = message.args().parse::<(i32, f32)>().expect("the arguments fit");
    u64::from(number as u32) + u64::from(pitch.to_bits())
}
