//! Connections over pipes: their life, their hooks and their counters.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{
    future::poll_fn,
    io,
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use bytes::Bytes;
use common::{
    pipe::{framed, next, packet, pipe},
    recorder::Recorder,
};
use futures::{SinkExt, StreamExt, poll};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    BadPacket, Hook, PeerAddr, SendError, Stats, StreamError,
    connection::Builder,
    framing::{FramingKind, LengthPrefix, Slip},
    hook::{self, Verdict},
    stats::{Counters, DropCause},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// Everything that arrived has been accounted for.
#[track_caller]
fn adds_up(stats: &Stats, good: u64) {
    let causes = [DropCause::Refused, DropCause::Swallowed, DropCause::TooManyPeers];
    let dropped: u64 = causes.iter().map(|cause| stats.drops.get(cause.name())).sum();
    assert_eq!(stats.received, good + stats.bad.total() + dropped, "{stats:?}");
}

#[tokio::test]
async fn packets_go_both_ways_over_a_pipe() {
    for kind in [FramingKind::Auto, FramingKind::LengthPrefix, FramingKind::Slip] {
        let (near, far) = duplex(16);
        let builder = Builder::new().framing(kind);
        let (mut near, mut far) = (builder.clone().wrap(near), builder.wrap(far));
        for address in ["/a", "/b", "/c"] {
            let sent = packet(address);
            let (sending, received) = tokio::join!(near.send(&sent), next(&mut far));
            sending.unwrap();
            assert_eq!(received, sent);
            let bytes = Bytes::copy_from_slice(sent.as_bytes());
            let (sending, received) = tokio::join!(far.send(bytes), next(&mut near));
            sending.unwrap();
            assert_eq!(received, sent);
        }
        assert_eq!((near.stats().sent, near.stats().received), (3, 3));
        assert_eq!(near.peer(), &PeerAddr::Unnamed);
    }
}

#[tokio::test]
async fn each_end_closes_for_itself() {
    let (mut connection, mut raw) = pipe(Builder::new());
    connection.send(packet("/last")).await.unwrap();
    connection.close().await.unwrap();
    let mut received = Vec::new();
    raw.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, framed("/last"));
    // Our end is closed; the peer still has something to say.
    raw.write_all(&framed("/more")).await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/more"));

    // And the other way round: in its framing, after it has finished.
    let (mut connection, mut raw) = pipe(Builder::new());
    raw.write_all(b"\0\0\0\x08/a\0\0,\0\0\0").await.unwrap();
    raw.shutdown().await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/a"));
    assert!(connection.next().await.is_none());
    connection.send(packet("/b")).await.unwrap();
    drop(connection);
    received.clear();
    raw.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"\0\0\0\x08/b\0\0,\0\0\0");
}

#[tokio::test]
async fn a_frame_leaves_in_one_write_and_many_in_one() {
    let (a, b) = (framed("/a"), framed("/b"));
    let mut connection = Builder::new().wrap(Recorder::default());
    connection.send(packet("/a")).await.unwrap();
    connection.feed(packet("/b")).await.unwrap();
    connection.feed(packet("/a")).await.unwrap();
    connection.flush().await.unwrap();
    assert_eq!(connection.get_ref().0, [a.clone(), [b, a].concat()]);
}

#[tokio::test]
async fn who_reads_slowly_is_waited_for() {
    let (near, mut raw) = duplex(64);
    let mut connection = Builder::new().wrap(near);
    let fed = {
        let mut feeding = pin!(async {
            let mut fed = 0_u32;
            while fed < 10_000 {
                connection.feed(packet("/flood")).await.unwrap();
                fed += 1;
            }
            fed
        });
        assert!(
            poll!(feeding.as_mut()).is_pending(),
            "10,000 packets went into a pipe of 64 bytes"
        );
        let mut sink = vec![0; 1 << 12];
        loop {
            tokio::select! {
                fed = feeding.as_mut() => break fed,
                count = raw.read(&mut sink) => assert!(count.unwrap() > 0),
            }
        }
    };
    assert_eq!(fed, 10_000);
}

/// Notes what it hears.
#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Hook for Diary {
    fn connected(&self, peer: &PeerAddr) {
        self.0.lock().unwrap().push(format!("connected {peer}"));
    }

    fn closed(&self, peer: &PeerAddr) {
        self.0.lock().unwrap().push(format!("closed {peer}"));
    }
}

#[tokio::test]
async fn hooks_hear_of_opening_and_closing_once_each() {
    let diary = Arc::new(Diary::default());
    let counters = Arc::new(Counters::default());
    let peer = PeerAddr::Unix("/dev/ttyUSB0".into());
    let builder =
        Builder::new().peer(peer).hook(Arc::clone(&diary)).counters(Arc::clone(&counters));
    for ending in ["dropped", "closed", "broken", "split"] {
        let (mut connection, raw) = pipe(builder.clone());
        match ending {
            "closed" => connection.close().await.unwrap(),
            "broken" => {
                drop(raw);
                assert!(connection.next().await.is_none());
                connection.send(packet("/a")).await.unwrap_err();
                connection.send(packet("/a")).await.unwrap_err();
            }
            _ => {}
        }
        assert_eq!(diary.0.lock().unwrap().len(), 1, "{ending}");
        if ending == "split" {
            let (sink, stream) = StreamExt::split::<Packet>(connection);
            drop(sink);
            assert_eq!(diary.0.lock().unwrap().len(), 1);
            drop(stream);
        } else {
            drop(connection);
        }
        let heard = std::mem::take(&mut *diary.0.lock().unwrap());
        assert_eq!(heard, ["connected /dev/ttyUSB0", "closed /dev/ttyUSB0"], "{ending}");
    }
    let stats = counters.read().connections;
    assert_eq!((stats.opened, stats.open, stats.broken), (4, 0, 1));
}

#[tokio::test]
async fn what_breaks_a_connection_is_counted_once() {
    // The line.
    let recording =
        tokio_test::io::Builder::new().read_error(io::ErrorKind::ConnectionReset.into()).build();
    let mut connection = Builder::new().wrap(recording);
    let error = connection.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Io(_)), "{error:?}");
    assert!(connection.next().await.is_none());
    assert_eq!(connection.stats().connections.broken, 1);

    // The peer.
    let (mut connection, mut raw) = pipe(Builder::new().framing(FramingKind::LengthPrefix));
    raw.write_all(b"\xff\xff\xff\xff").await.unwrap();
    drop(raw);
    let error = connection.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Frame(_)), "{error:?}");
    connection.send(packet("/a")).await.unwrap_err();
    let stats = connection.stats();
    assert_eq!((stats.connections.broken, stats.bad.get("frame-too-long")), (1, 1));
    adds_up(&stats, 0);
}

#[tokio::test]
async fn hooks_replace_refuse_and_swallow() {
    let inbound = hook::inbound(|bytes, _| match bytes[1] {
        b'r' => Verdict::Replace(Bytes::copy_from_slice(packet("/replaced").as_bytes())),
        b'x' => Verdict::Refuse("not today".into()),
        b's' => Verdict::Swallow,
        _ => Verdict::Pass,
    });
    let outbound = hook::outbound(|bytes, _| match bytes[1] {
        b'r' => Verdict::Replace(Bytes::copy_from_slice(packet("/instead").as_bytes())),
        b'x' => Verdict::Refuse("not today either".into()),
        b's' => Verdict::Swallow,
        _ => Verdict::Pass,
    });
    let (mut connection, mut raw) = pipe(Builder::new().hook(inbound).hook(outbound));
    let stream = [framed("/a"), framed("/r"), framed("/x"), framed("/s"), b"\xc0oops\xc0".to_vec()];
    raw.write_all(&stream.concat()).await.unwrap();
    raw.write_all(&framed("/b")).await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/a"));
    assert_eq!(next(&mut connection).await, packet("/replaced"));
    let bad = connection.next().await.unwrap().unwrap().unwrap_err();
    let BadPacket::Refused { reason, bytes } = bad else { panic!("{bad:?}") };
    assert_eq!((&*reason, &bytes[..]), ("not today", packet("/x").as_bytes()));
    let bad = connection.next().await.unwrap().unwrap().unwrap_err();
    assert!(matches!(bad, BadPacket::Decode { .. }), "{bad:?}");
    assert_eq!(next(&mut connection).await, packet("/b"));

    connection.send(packet("/r")).await.unwrap();
    let error = connection.send(packet("/x")).await.unwrap_err();
    assert!(matches!(error, SendError::Refused { .. }), "{error:?}");
    connection.send(packet("/s")).await.unwrap();
    connection.send(packet("/c")).await.unwrap();
    connection.close().await.unwrap();
    let mut sent = Vec::new();
    raw.read_to_end(&mut sent).await.unwrap();
    assert_eq!(sent, [framed("/instead"), framed("/c")].concat());

    drop(raw);
    assert!(connection.next().await.is_none());
    let stats = connection.stats();
    adds_up(&stats, 3);
    assert_eq!((stats.received, stats.bad.total(), stats.sent), (6, 1, 2));
    let drops = ["refused", "swallowed", "refused-out", "swallowed-out"];
    assert_eq!(drops.map(|cause| stats.drops.get(cause)), [1; 4]);
}

#[tokio::test]
async fn what_was_read_is_counted_though_the_rest_was_not() {
    let counters = Arc::new(Counters::default());
    let (mut connection, mut raw) = pipe(Builder::new().counters(Arc::clone(&counters)));
    raw.write_all(&[framed("/a"), framed("/b")].concat()).await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/a"));
    drop(connection);
    assert_eq!(counters.read().received, 1);
}

#[tokio::test]
async fn framings_are_set_in_every_way() {
    async fn written(builder: Builder) -> Vec<u8> {
        let (mut connection, mut raw) = pipe(builder);
        connection.send(packet("/a")).await.unwrap();
        drop(connection);
        let mut bytes = Vec::new();
        raw.read_to_end(&mut bytes).await.unwrap();
        bytes
    }
    let builder = Builder::new;
    assert_eq!(written(builder()).await, b"\xc0/a\0\0,\0\0\0\xc0");
    assert_eq!(written(builder().slip(Slip::double())).await, b"\xc0/a\0\0,\0\0\0\xc0");
    assert_eq!(written(builder().slip(Slip::single())).await, b"/a\0\0,\0\0\0\xc0");
    let length = FramingKind::LengthPrefix;
    assert_eq!(written(builder().speak_first(length)).await, b"\0\0\0\x08/a\0\0,\0\0\0");
    assert_eq!(written(builder().framing(length)).await, b"\0\0\0\x08/a\0\0,\0\0\0");
    let custom = builder().framing_with(LengthPrefix::new);
    assert_eq!(written(custom).await, b"\0\0\0\x08/a\0\0,\0\0\0");
}

#[tokio::test]
async fn the_limit_holds_for_slip_unless_it_has_its_own() {
    let long: Packet = Message::new("/long", ("x".repeat(64),)).unwrap().into();
    let lenient = || Slip::builder().lenient(true);
    for (slip, fits) in [(lenient().build(), false), (lenient().max_frame(100).build(), true)] {
        let (mut connection, mut raw) = pipe(Builder::new().max_frame(64).slip(slip));
        assert_eq!(connection.send(&long).await.is_ok(), fits);
        raw.write_all(b"\xc0/a\0\xdb\0,\0\0\0\xc0").await.unwrap();
        // Lenient: the ESC is left out.
        assert_eq!(next(&mut connection).await, packet("/a"));
    }
}

#[tokio::test]
async fn a_password_that_panics_is_wrong() {
    let (mut connection, mut raw) = pipe(Builder::new().on_first_packet(|_, _| panic!("oops")));
    raw.write_all(&[framed("/sesame"), framed("/a")].concat()).await.unwrap();
    let error = connection.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Refused), "{error:?}");
    assert!(connection.next().await.is_none());
    assert_eq!(connection.stats().connections.refused, 1);
}

#[tokio::test]
async fn who_takes_packets_gives_way_after_so_many_and_so_many_bytes() {
    let long: Packet = Message::new("/long", ("x".repeat(64 * 1024),)).unwrap().into();
    for (packet, most) in [(packet("/a"), 4096 + 32), (long, 17)] {
        let (near, far) = duplex(8 << 20);
        let (mut near, mut far) = (Builder::new().wrap(near), Builder::new().wrap(far));
        let count = (4 << 20) / (packet.as_bytes().len() + 2);
        for _ in 0..count {
            far.feed(&packet).await.unwrap();
        }
        SinkExt::<&Packet>::flush(&mut far).await.unwrap();
        let (mut taken, mut turns) = (0, 0);
        while taken < count {
            let turn = poll_fn(|cx| {
                let mut turn = 0;
                while let Poll::Ready(item) = near.poll_next_unpin(cx) {
                    item.unwrap().unwrap().unwrap();
                    turn += 1;
                }
                Poll::Ready(turn)
            });
            let turn = turn.await;
            assert!(turn <= most, "{turn} packets in a turn");
            (taken, turns) = (taken + turn, turns + 1);
            tokio::task::yield_now().await;
        }
        assert!(turns > 1);
    }
}

#[tokio::test]
async fn the_first_packet_may_be_a_password() {
    let builder = || {
        Builder::new().on_first_packet(|packet, peer| {
            assert_eq!(peer, &PeerAddr::Unnamed);
            packet == &self::packet("/sesame")
        })
    };
    let (mut connection, mut raw) = pipe(builder());
    connection.send(packet("/who")).await.unwrap();
    raw.write_all(&[framed("/sesame"), framed("/a"), framed("/sesame")].concat()).await.unwrap();
    assert_eq!(next(&mut connection).await, packet("/a"));
    assert_eq!(next(&mut connection).await, packet("/sesame"));
    drop(raw);
    assert!(connection.next().await.is_none());
    adds_up(&connection.stats(), 2);

    for wrong in [framed("/guess"), b"\xc0oops\xc0".to_vec(), b"\xc0half".to_vec()] {
        let (mut connection, mut raw) = pipe(builder());
        raw.write_all(&wrong).await.unwrap();
        if wrong.ends_with(b"\xc0") {
            raw.write_all(&framed("/sesame")).await.unwrap();
        }
        drop(raw);
        let error = connection.next().await.unwrap().unwrap_err();
        assert!(matches!(error, StreamError::Refused), "{error:?}");
        assert!(connection.next().await.is_none());
        assert_eq!(connection.stats().connections.refused, 1);
        adds_up(&connection.stats(), 0);
    }

    // Who says nothing at all is not refused.
    let (mut connection, raw) = pipe(builder());
    drop(raw);
    assert!(connection.next().await.is_none());
    assert_eq!(connection.stats().connections.refused, 0);
}
