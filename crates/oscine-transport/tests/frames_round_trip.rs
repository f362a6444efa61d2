//! Whatever arrives, in any framing and any chunking: many packets at a time are those of the
//! stream.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use common::random::{cut, lengths, packet};
use futures::StreamExt;
use oscine_codec::Packet;
use oscine_transport::{
    BadPacket, Stats,
    connection::{Builder, Connection, Frames},
    framing::{Adapter, Detect, Framing, FramingKind, Front, LengthPrefix, Measured, Slip},
    hook::{self, Verdict},
};
use proptest::{prelude::*, sample::Index};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::codec::LengthDelimitedCodec;

/// A stream that arrives in pieces, then ends; an empty piece is a moment in which nothing is there.
struct Pieces(VecDeque<Vec<u8>>);

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.0.pop_front() else { return Poll::Ready(Ok(())) };
        if piece.is_empty() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let rest = piece.split_off(piece.len().min(buffer.remaining()));
        if !rest.is_empty() {
            self.0.push_front(rest);
        }
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A framing made of two functions.
fn measured() -> impl Framing + Send + Sync {
    let measure = |src: &[u8]| match src {
        [b'@', high, low, ..] => {
            Front::Frame { header: 3, packet: u16::from_be_bytes([*high, *low]).into() }
        }
        [] | [b'@'] | [b'@', _] => Front::More,
        _ => Front::Noise(1),
    };
    Measured::new(measure, |length, dst: &mut BytesMut| {
        dst.extend_from_slice(b"@");
        dst.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
    })
}

/// A framing to write with, and the options of one who reads it.
type Way = (fn() -> Box<dyn Framing>, fn(Builder) -> Builder);

/// All kinds of framings: cut in place, and taken out.
const WAYS: [Way; 7] = [
    (|| Box::new(Slip::new()), |to| to.framing(FramingKind::Slip)),
    (|| Box::new(Slip::single()), |to| to.framing(FramingKind::Auto)),
    (|| Box::new(LengthPrefix::new()), |to| to.framing(FramingKind::LengthPrefix)),
    (|| Box::new(Detect::new(FramingKind::LengthPrefix)), |to| to.framing(FramingKind::Auto)),
    (
        || Box::new(LengthPrefix::builder().width(2).little_endian(true).build()),
        |to| to.framing_with(|| LengthPrefix::builder().width(2).little_endian(true).build()),
    ),
    (
        || Box::new(Adapter::new(LengthDelimitedCodec::new())),
        |to| to.framing_with(|| Adapter::new(LengthDelimitedCodec::new())),
    ),
    (|| Box::new(measured()), |to| to.framing_with(measured)),
];

/// A part of a stream.
#[derive(Debug, Clone)]
enum Part {
    /// A packet in its frame.
    Packet(Packet),
    /// Something else in its frame.
    Nonsense(Vec<u8>),
    /// Something without a frame, which damages the one it meets, or breaks the stream.
    Damage(Vec<u8>),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        8 => packet().prop_map(Part::Packet),
        1 => prop::collection::vec(any::<u8>(), 1..20).prop_map(Part::Nonsense),
        1 => prop::collection::vec(0xbe_u8..0xdf, 1..8).prop_map(Part::Damage),
    ]
}

fn written(parts: &[Part], framing: &mut dyn Framing) -> Vec<u8> {
    let mut wire = BytesMut::new();
    for part in parts {
        match part {
            Part::Packet(packet) => framing.encode(packet.as_bytes(), &mut wire).unwrap(),
            Part::Nonsense(bytes) => framing.encode(bytes, &mut wire).unwrap(),
            Part::Damage(bytes) => wire.extend_from_slice(bytes),
        }
    }
    wire.to_vec()
}

/// What a hook does is told by what it sees.
fn hooked(builder: Builder) -> Builder {
    builder.hook(hook::inbound(|bytes, _| {
        match bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>() % 7 {
            0 => Verdict::Swallow,
            1 => Verdict::Refuse("by chance".into()),
            2 => Verdict::Replace(Bytes::from_static(b"/replaced\0\0\0,\0\0\0")),
            3 => Verdict::Replace(Bytes::new()),
            _ => Verdict::Pass,
        }
    }))
}

/// The bytes of each packet or what was bad, how it ended, and what was counted.
type Received = (Vec<Result<Vec<u8>, BadPacket>>, Option<String>, Stats);

/// Receives as a stream. What does not decode is a packet like any other here.
async fn one_by_one(mut connection: Connection<Pieces>) -> Received {
    let (mut items, mut end) = (Vec::new(), None);
    while let Some(item) = connection.next().await {
        match item {
            Ok(Ok(packet)) => items.push(Ok(packet.as_bytes().to_vec())),
            Ok(Err(BadPacket::Decode { bytes, .. })) => items.push(Ok(bytes.to_vec())),
            Ok(Err(bad)) => items.push(Err(bad)),
            Err(error) => end = Some(format!("{error:?}")),
        }
    }
    (items, end, connection.stats())
}

/// Receives many at a time, but for some single ones in between.
async fn together(mut connection: Connection<Pieces>, turns: &[bool]) -> Received {
    let (mut items, mut end) = (Vec::new(), None);
    let mut frames = Frames::new();
    for &single in turns.iter().cycle() {
        if single {
            match connection.next().await {
                Some(Ok(Ok(packet))) => items.push(Ok(packet.as_bytes().to_vec())),
                Some(Ok(Err(BadPacket::Decode { bytes, .. }))) => items.push(Ok(bytes.to_vec())),
                Some(Ok(Err(bad))) => items.push(Err(bad)),
                Some(Err(error)) => end = Some(format!("{error:?}")),
                None => break,
            }
            continue;
        }
        match connection.recv_frames(&mut frames).await {
            Some(Ok(())) => {
                assert!(!frames.is_empty());
                assert_eq!(frames.iter().count(), frames.len());
                items.extend(frames.iter().map(|item| match item {
                    Ok(bytes) => Ok(bytes.to_vec()),
                    Err(bad) => Err(bad.clone()),
                }));
            }
            Some(Err(error)) => {
                assert!(frames.is_empty() && end.is_none());
                end = Some(format!("{error:?}"));
            }
            None => break,
        }
    }
    assert!(connection.recv_frames(&mut frames).await.is_none());
    (items, end, connection.stats())
}

proptest! {
    #[test]
    fn they_are_those_of_the_stream(
        parts in prop::collection::vec(part(), 0..12),
        lengths in lengths(),
        way in any::<Index>(),
        hooks: bool,
        turns in prop::collection::vec(prop::bool::weighted(0.2), 1..4),
        left_out in any::<Index>(),
        whole: bool,
    ) {
        let (framing, reader) = WAYS[way.index(WAYS.len())];
        let mut wire = written(&parts, &mut *framing());
        if !whole && !wire.is_empty() {
            wire.truncate(left_out.index(wire.len()));
        }
        let connection = || {
            let pieces = cut(&wire, &lengths).into_iter().map(<[u8]>::to_vec).collect();
            let builder = reader(Builder::new());
            let builder = if hooks { hooked(builder) } else { builder };
            builder.wrap(Pieces(pieces))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (expected, expected_end, stream) = runtime.block_on(one_by_one(connection()));
        let (items, end, stats) = runtime.block_on(together(connection(), &turns));
        prop_assert_eq!(&items, &expected);
        prop_assert_eq!(&end, &expected_end);
        prop_assert_eq!(stats.drops, stream.drops);
        prop_assert_eq!(stats.connections, stream.connections);
        let counts = |stats: &Stats| (stats.received, stats.received_bytes);
        prop_assert_eq!(counts(&stats), counts(&stream));
        // Without damage, cuts and hooks they are also those that were sent.
        let sent = parts.iter().map(|part| match part {
            Part::Packet(packet) => Some(packet.as_bytes().to_vec()),
            Part::Nonsense(_) | Part::Damage(_) => None,
        });
        if let (true, false, Some(sent)) = (whole, hooks, sent.collect::<Option<Vec<_>>>()) {
            prop_assert_eq!(items.into_iter().collect::<Result<Vec<_>, _>>(), Ok(sent));
            prop_assert_eq!(end, None);
        }
    }
}
