//! The valid vectors, read and written by rosc and by us.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;

use oscine_codec::{Arg, Args, MessageRef, Packet, PacketRef};
use rosc::{OscPacket, OscType};
use serde_json::Value;

/// Why a line cannot be compared.
type Skipped = &'static str;

#[test]
fn rosc_reads_and_writes_what_we_do() {
    let lines = include_str!("vectors/valid.jsonl").lines();
    let (mut compared, mut messages, mut skipped) = (0, 0, Vec::new());
    for line in lines {
        let line: Value = serde_json::from_str(line).unwrap();
        let name = line["name"].as_str().unwrap();
        let bytes = unhex(line["hex"].as_str().unwrap());
        let ours = PacketRef::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        if let Some(why) = beyond_rosc(ours) {
            skipped.push((name.to_owned(), why));
            continue;
        }
        let (rest, theirs) =
            rosc::decoder::decode_udp(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(rest.is_empty(), "{name}");
        messages += same_packet(ours, &theirs, name);
        let written = rosc::encoder::encode(&theirs).unwrap();
        assert_eq!(Packet::decode(written).unwrap().view(), ours, "{name}: as rosc writes it");
        compared += 1;
    }
    let mut out = std::io::stdout().lock();
    let count = skipped.len();
    writeln!(out, "rosc: {compared} lines compared, {messages} messages; {count} skipped").unwrap();
    skipped.iter().for_each(|(name, why)| writeln!(out, "  skipped {name}: {why}").unwrap());
    assert!(compared > 250 && messages > 250, "{compared} lines, {messages} messages");
    assert!(count < compared / 4, "{count} skipped");
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// Why rosc cannot say what is in the packet.
fn beyond_rosc(packet: PacketRef<'_>) -> Option<Skipped> {
    packet.messages().find_map(|timed| beyond_rosc_args(timed.message.args()))
}

fn beyond_rosc_args(mut args: Args<'_>) -> Option<Skipped> {
    args.find_map(|arg| match arg {
        Arg::Symbol(_) => Some("it knows no symbols"),
        Arg::Char(char) if char::from_u32(char.0).is_none() => Some("its characters are Unicode"),
        Arg::Array(array) => beyond_rosc_args(array.iter()),
        _ => None,
    })
}

/// Compares everything, and gives the number of messages.
fn same_packet(ours: PacketRef<'_>, theirs: &OscPacket, name: &str) -> usize {
    match (ours, theirs) {
        (PacketRef::Message(ours), OscPacket::Message(theirs)) => {
            same_message(ours, theirs, name);
            1
        }
        (PacketRef::Bundle(ours), OscPacket::Bundle(theirs)) => {
            let tag = theirs.timetag;
            let bits = u64::from(tag.seconds) << 32 | u64::from(tag.fractional);
            assert_eq!(ours.time_tag().0, bits, "{name}");
            assert_eq!(ours.elements().count(), theirs.content.len(), "{name}");
            let pairs = ours.elements().zip(&theirs.content);
            pairs.map(|(ours, theirs)| same_packet(ours, theirs, name)).sum()
        }
        _ => panic!("{name}: {ours} is not {theirs:?}"),
    }
}

fn same_message(ours: MessageRef<'_>, theirs: &rosc::OscMessage, name: &str) {
    assert_eq!(ours.address(), theirs.addr, "{name}");
    same_args(ours.args(), &theirs.args, name);
}

fn same_args(ours: Args<'_>, theirs: &[OscType], name: &str) {
    assert_eq!(ours.count(), theirs.len(), "{name}");
    for (ours, theirs) in ours.zip(theirs) {
        let same = match (ours, theirs) {
            (Arg::Int(ours), OscType::Int(theirs)) => ours == *theirs,
            (Arg::Float(ours), OscType::Float(theirs)) => ours.to_bits() == theirs.to_bits(),
            (Arg::String(ours), OscType::String(theirs)) => ours == theirs.as_str(),
            (Arg::Blob(ours), OscType::Blob(theirs)) => ours == theirs,
            (Arg::Long(ours), OscType::Long(theirs)) => ours == *theirs,
            (Arg::Time(ours), OscType::Time(theirs)) => {
                ours.0 == u64::from(theirs.seconds) << 32 | u64::from(theirs.fractional)
            }
            (Arg::Double(ours), OscType::Double(theirs)) => ours.to_bits() == theirs.to_bits(),
            (Arg::Char(ours), OscType::Char(theirs)) => char::from_u32(ours.0) == Some(*theirs),
            (Arg::Color(ours), OscType::Color(theirs)) => {
                u32::from(ours).to_be_bytes()
                    == [theirs.red, theirs.green, theirs.blue, theirs.alpha]
            }
            (Arg::Midi(ours), OscType::Midi(theirs)) => {
                [ours.port, ours.status, ours.data1, ours.data2]
                    == [theirs.port, theirs.status, theirs.data1, theirs.data2]
            }
            (Arg::Bool(ours), OscType::Bool(theirs)) => ours == *theirs,
            (Arg::Nil, OscType::Nil) | (Arg::Impulse, OscType::Inf) => true,
            (Arg::Array(ours), OscType::Array(theirs)) => {
                same_args(ours.iter(), &theirs.content, name);
                true
            }
            _ => false,
        };
        assert!(same, "{name}: {ours} is not {theirs:?}");
    }
}
