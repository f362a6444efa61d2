//! Many packets at a time, in one buffer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use common::pipe::{framed, next, packet, pipe};
use futures::{FutureExt, SinkExt, StreamExt};
use oscine_codec::{Message, Packet, PacketRef};
use oscine_transport::{
    BadPacket, StreamError,
    connection::{Builder, Connection, Frames},
    framing::{FramingKind, LengthPrefix},
    hook::{self, Verdict},
    stats::{Counters, DropCause},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Receives once and answers with the packets by their addresses, the bad ones as they are shown.
async fn received(connection: &mut Connection<DuplexStream>, frames: &mut Frames) -> Vec<String> {
    connection.recv_frames(frames).await.unwrap().unwrap();
    shown(frames)
}

fn shown(frames: &Frames) -> Vec<String> {
    let show = |frame: Result<&[u8], &BadPacket>| match frame {
        Ok(bytes) => match PacketRef::decode(bytes) {
            Ok(packet) => packet.to_string().trim_end_matches(" ,").to_owned(),
            Err(error) => error.kind().name().to_owned(),
        },
        Err(bad) => bad.to_string(),
    };
    frames.iter().map(show).collect()
}

#[tokio::test]
async fn all_at_hand_is_taken_in_order_and_damage_in_between() {
    let (mut connection, mut raw) = pipe(Builder::new());
    let mut frames = Frames::new();
    let stream = [
        framed("/a"),
        b"\xc0/b\xdb!\xc0".to_vec(),
        framed("/c"),
        b"\xc0oops\xc0".to_vec(),
        framed("/d"),
        b"\xc0/e\0\0".to_vec(),
    ];
    raw.write_all(&stream.concat()).await.unwrap();
    let expected = ["/a", "damaged frame", "/c", "bad-address", "/d"];
    assert_eq!(received(&mut connection, &mut frames).await, expected);
    assert_eq!(connection.unfinished(), 4);
    // All is counted, though there may be more to read; what was not decoded is not judged.
    let stats = connection.counters().read();
    assert_eq!((stats.received, stats.received_bytes, stats.bad.total()), (5, 28, 1));
    assert_eq!(stats.bad.get("bad-escape"), 1);

    // What was there before is forgotten.
    raw.write_all(b",\0\0\0\xc0").await.unwrap();
    assert_eq!(received(&mut connection, &mut frames).await, ["/e"]);
}

#[tokio::test]
async fn it_waits_for_a_whole_packet_and_may_be_given_up() {
    let (mut connection, mut raw) = pipe(Builder::new());
    let mut frames = Frames::new();
    for byte in framed("/slow") {
        assert!(connection.recv_frames(&mut frames).now_or_never().is_none());
        assert!(frames.is_empty());
        raw.write_all(&[byte]).await.unwrap();
    }
    assert_eq!(received(&mut connection, &mut frames).await, ["/slow"]);
    assert!(connection.recv_frames(&mut frames).now_or_never().is_none());
    assert!(frames.is_empty());
}

#[tokio::test]
async fn it_goes_in_turns_with_the_stream() {
    let (mut connection, mut raw) = pipe(Builder::new());
    let mut frames = Frames::new();
    raw.write_all(&["/a", "/b", "/c"].map(framed).concat()).await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/a"));
    assert_eq!(received(&mut connection, &mut frames).await, ["/b", "/c"]);
    raw.write_all(&framed("/d")).await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/d"));
    assert_eq!(connection.stats().received, 4);
}

#[tokio::test]
async fn broken_framing_ends_it_behind_all_that_was_good() {
    for read_on in ["frames", "stream"] {
        let (mut connection, mut raw) = pipe(Builder::new().framing(FramingKind::LengthPrefix));
        let mut frames = Frames::new();
        let good = b"\0\0\0\x08/a\0\0,\0\0\0";
        raw.write_all(&[&good[..], good, b"\xff\xff\xff\xff/b"].concat()).await.unwrap();
        assert_eq!(received(&mut connection, &mut frames).await, ["/a", "/a"]);
        let error = match read_on {
            "frames" => connection.recv_frames(&mut frames).await.unwrap().unwrap_err(),
            _ => connection.next().await.unwrap().unwrap_err(),
        };
        assert!(matches!(error, StreamError::Frame(_)), "{error:?}");
        assert!(frames.is_empty() || read_on == "stream");
        raw.write_all(good).await.unwrap();
        assert!(connection.recv_frames(&mut frames).await.is_none() && frames.is_empty());
        assert!(connection.next().await.is_none());
        let stats = connection.stats();
        assert_eq!((stats.received, stats.bad.get("frame-too-long")), (3, 1));
        assert_eq!(stats.connections.broken, 1);
        // What was good may still be answered.
        connection.send(packet("/reply")).await.unwrap();
    }
}

#[tokio::test]
async fn a_broken_line_ends_it() {
    let recording = tokio_test::io::Builder::new()
        .read(&framed("/a"))
        .read_error(io::ErrorKind::ConnectionReset.into())
        .build();
    let mut connection = Builder::new().wrap(recording);
    let mut frames = Frames::new();
    connection.recv_frames(&mut frames).await.unwrap().unwrap();
    assert_eq!(shown(&frames), ["/a"]);
    let error = connection.recv_frames(&mut frames).await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Io(_)), "{error:?}");
    assert!(connection.recv_frames(&mut frames).await.is_none());
    assert_eq!(connection.stats().connections.broken, 1);
}

#[tokio::test]
async fn a_peer_that_is_done_sending_is_heard_to_the_end() {
    for custom in [false, true] {
        let builder = Builder::new();
        let builder = if custom { builder.framing_with(LengthPrefix::new) } else { builder };
        let (mut connection, mut raw) = pipe(builder);
        let mut frames = Frames::new();
        raw.write_all(b"\0\0\0\x08/a\0\0,\0\0\0\0\0\0\x08/b").await.unwrap();
        raw.shutdown().await.unwrap();
        assert_eq!(received(&mut connection, &mut frames).await, ["/a"]);
        assert_eq!(received(&mut connection, &mut frames).await, ["damaged frame"]);
        assert!(connection.recv_frames(&mut frames).await.is_none() && frames.is_empty());
        // In its framing, after it has finished.
        connection.send(packet("/c")).await.unwrap();
        drop(connection);
        let mut reply = Vec::new();
        raw.read_to_end(&mut reply).await.unwrap();
        assert_eq!(reply, b"\0\0\0\x08/c\0\0,\0\0\0");
    }
}

#[tokio::test]
async fn hooks_replace_refuse_and_swallow() {
    let decide = hook::inbound(|bytes, _| match bytes[1] {
        b'r' => Verdict::Replace(Bytes::copy_from_slice(packet("/replaced").as_bytes())),
        b'x' => Verdict::Refuse("not today".into()),
        b's' => Verdict::Swallow,
        _ => Verdict::Pass,
    });
    let (mut connection, mut raw) = pipe(Builder::new().hook(decide));
    let mut frames = Frames::new();
    raw.write_all(&["/a", "/r", "/x", "/s", "/b"].map(framed).concat()).await.unwrap();
    let expected = ["/a", "/replaced", "refused: not today", "/b"];
    assert_eq!(received(&mut connection, &mut frames).await, expected);
    let Some(Err(BadPacket::Refused { bytes, .. })) = frames.iter().nth(2) else { panic!() };
    assert_eq!(bytes, packet("/x").as_bytes());

    // What is swallowed is nothing that anyone waits for.
    raw.write_all(&framed("/s")).await.unwrap();
    assert!(connection.recv_frames(&mut frames).now_or_never().is_none());
    raw.write_all(&framed("/c")).await.unwrap();
    assert_eq!(received(&mut connection, &mut frames).await, ["/c"]);
    let stats = connection.stats();
    let drops = [DropCause::Refused, DropCause::Swallowed].map(|cause| stats.dropped(cause));
    assert_eq!((stats.received, drops), (7, [1, 2]));
}

#[tokio::test]
async fn the_first_packet_may_be_a_password() {
    let builder = || Builder::new().on_first_packet(|packet, _| packet == &self::packet("/sesame"));
    let (mut connection, mut raw) = pipe(builder());
    let mut frames = Frames::new();
    raw.write_all(&["/sesame", "/a", "/b"].map(framed).concat()).await.unwrap();
    assert_eq!(received(&mut connection, &mut frames).await, ["/a", "/b"]);

    for wrong in [framed("/guess"), b"\xc0oops\xc0".to_vec()] {
        let (mut connection, mut raw) = pipe(builder());
        raw.write_all(&[wrong, framed("/sesame")].concat()).await.unwrap();
        let error = connection.recv_frames(&mut frames).await.unwrap().unwrap_err();
        assert!(matches!(error, StreamError::Refused), "{error:?}");
        assert!(connection.recv_frames(&mut frames).await.is_none() && frames.is_empty());
        assert_eq!(connection.stats().connections.refused, 1);
    }
}

#[tokio::test]
async fn it_takes_so_much_at_a_time_and_loses_nothing() {
    let (near, mut raw) = duplex(1 << 20);
    let mut connection = Builder::new().wrap(near);
    let mut frames = Frames::new();
    let (small, count) = (framed("/a"), 20_000);
    raw.write_all(&small.repeat(count)).await.unwrap();
    let (mut got, mut most) = (0, 0);
    while got < count {
        connection.recv_frames(&mut frames).await.unwrap().unwrap();
        assert!(frames.iter().all(|frame| frame == Ok(packet("/a").as_bytes())));
        got += frames.len();
        most = most.max(frames.len());
        // It is counted at once, though there is more at hand.
        assert_eq!(connection.counters().read().received, u64::try_from(got).unwrap());
    }
    assert_eq!((got, most), (count, 4096));

    // 64 KiB, and one packet however long it is.
    let large: Packet = Message::new("/large", (vec![7_u8; 40_000],)).unwrap().into();
    let huge: Packet = Message::new("/huge", (vec![7_u8; 900_000],)).unwrap().into();
    let sent = [&large, &large, &large, &huge, &large];
    let (mut sending, mut got) = (Builder::new().wrap(raw), Vec::new());
    let send = async {
        for packet in sent {
            sending.send(packet).await.unwrap();
        }
    };
    let receive = async {
        while got.len() < sent.len() {
            connection.recv_frames(&mut frames).await.unwrap().unwrap();
            let lengths: Vec<_> = frames.iter().map(|frame| frame.unwrap().len()).collect();
            let before_the_last: usize = lengths.iter().rev().skip(1).sum();
            assert!(before_the_last < 64 * 1024, "{lengths:?}");
            got.extend(lengths);
        }
    };
    tokio::join!(send, receive);
    assert_eq!(got, sent.map(|packet| packet.as_bytes().len()));
}

#[tokio::test(start_paused = true)]
async fn it_is_as_patient_as_the_stream() {
    let limit = Duration::from_secs(10);
    for (builder, slow) in [
        (Builder::new().frame_timeout(limit), true),
        (Builder::new().frame_timeout(limit).idle_timeout(Duration::from_secs(60)), true),
        (Builder::new().idle_timeout(limit), false),
    ] {
        let counters = Arc::new(Counters::default());
        let (mut connection, mut raw) = pipe(builder.counters(Arc::clone(&counters)));
        let mut frames = Frames::new();
        raw.write_all(&[framed("/a"), b"\xc0/half".to_vec()].concat()).await.unwrap();
        assert_eq!(received(&mut connection, &mut frames).await, ["/a"]);
        let start = tokio::time::Instant::now();
        match connection.recv_frames(&mut frames).await.unwrap().unwrap_err() {
            StreamError::Slow { .. } => assert!(slow),
            StreamError::Idle { .. } => assert!(!slow),
            error => panic!("{error:?}"),
        }
        // Time is simulated.
        assert_eq!(start.elapsed().as_secs(), limit.as_secs());
        assert!(connection.recv_frames(&mut frames).await.is_none());
        let stats = counters.read().connections;
        assert_eq!((stats.slow, stats.idle), (u64::from(slow), u64::from(!slow)));
    }
}
