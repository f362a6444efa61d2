//! Packets to standard output.

use std::io::{self, Write};

use oscine::Packet;
use oscine::codec::text_form::Json;
use oscine::transport::{BadPacket, StreamError};

use crate::hex::Hex;

/// Something that arrived.
#[derive(Debug)]
pub(crate) struct Arrival {
    /// Such as `udp://127.0.0.1:9000`.
    pub(crate) peer: String,
    pub(crate) packet: Result<Packet, Bad>,
}

/// Something that arrived and is no packet.
#[derive(Debug)]
pub(crate) enum Bad {
    Packet(BadPacket),
    /// Nothing more comes from this peer.
    Stream(StreamError),
}

/// How packets are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    /// A line a message.
    Text,
    /// A line of JSON a packet.
    Json,
}

impl Format {
    /// Prints an arrival, and makes sure that it is seen.
    pub(crate) fn print(self, out: &mut impl Write, arrival: &Arrival) -> io::Result<()> {
        let peer = &arrival.peer;
        match (self, &arrival.packet) {
            (Self::Text, Ok(packet)) => {
                for message in packet.messages() {
                    writeln!(out, "{}", message.message)?;
                }
            }
            (Self::Text, Err(Bad::Packet(BadPacket::Decode { error, bytes }))) => {
                writeln!(out, "# from {peer}: {error}: {}", Hex(bytes))?;
            }
            (Self::Text, Err(Bad::Packet(bad))) => {
                writeln!(out, "# from {peer}: {bad}: {}", cause(bad))?
            }
            (Self::Text, Err(Bad::Stream(error))) => {
                writeln!(out, "# from {peer}: {error}: {}", cause(error))?;
            }
            (Self::Json, Ok(packet)) => {
                let line = Json(packet.view()).to_string();
                let object = line.strip_suffix('}').unwrap_or(&line);
                writeln!(out, "{object},\"peer\":\"{peer}\"}}")?;
            }
            (Self::Json, Err(bad)) => {
                let (kind, offset) = bad.kind();
                write!(out, "{{\"error\":{{\"kind\":\"{kind}\",\"offset\":{offset}}}")?;
                if let Bad::Packet(BadPacket::Decode { bytes, .. }) = bad {
                    write!(out, ",\"hex\":\"{}\"", Hex(bytes))?;
                }
                writeln!(out, ",\"peer\":\"{peer}\"}}")?;
            }
        }
        out.flush()
    }
}

impl Bad {
    /// What is wrong, in a word, and at which byte of the packet or the stream.
    fn kind(&self) -> (&'static str, u64) {
        match self {
            Self::Packet(BadPacket::Decode { error, .. }) => {
                (error.kind().name(), error.offset() as u64)
            }
            Self::Packet(BadPacket::Frame(fault)) => (fault.kind.name(), fault.offset),
            Self::Stream(StreamError::Frame(error)) => (error.name(), 0),
            Self::Stream(StreamError::Slow { .. }) => ("slow", 0),
            Self::Stream(StreamError::Idle { .. }) => ("idle", 0),
            Self::Packet(_) | Self::Stream(_) => ("connection", 0),
        }
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use oscine::{Bundle, Message, TimeTag};

    use super::*;

    fn check(format: Format, packet: Result<Packet, Bad>, expected: &str) {
        let arrival = Arrival { peer: "udp://127.0.0.1:9".into(), packet };
        let mut out = Vec::new();
        format.print(&mut out, &arrival).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn every_arrival_is_a_line() {
        let message = || Message::new("/a", 1).unwrap();
        let bundle = Bundle::new(TimeTag::IMMEDIATE, [message(), message()]).unwrap();
        let bad = || {
            let bytes = b"/a/".to_vec();
            let error = Packet::decode(bytes.clone()).unwrap_err();
            Err(Bad::Packet(BadPacket::Decode { error, bytes: bytes.into() }))
        };
        check(Format::Text, Ok(bundle.clone().into()), "/a ,i 1\n/a ,i 1\n");
        check(
            Format::Json,
            Ok(bundle.into()),
            "{\"timetag\":\"0000000000000001\",\"elements\":[\
             {\"address\":\"/a\",\"tags\":\",i\",\"args\":[{\"i\":1}]},\
             {\"address\":\"/a\",\"tags\":\",i\",\"args\":[{\"i\":1}]}],\
             \"peer\":\"udp://127.0.0.1:9\"}\n",
        );
        check(
            Format::Text,
            bad(),
            "# from udp://127.0.0.1:9: length 3 is not a multiple of 4 at byte 3: 2f612f\n",
        );
        check(
            Format::Json,
            bad(),
            "{\"error\":{\"kind\":\"truncated\",\"offset\":3},\"hex\":\"2f612f\",\
             \"peer\":\"udp://127.0.0.1:9\"}\n",
        );
    }
}
