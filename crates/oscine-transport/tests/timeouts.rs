//! How long a connection waits for its peer, in simulated time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use common::pipe::{framed, next, packet, pipe};
use futures::{SinkExt, StreamExt, poll};
use oscine_codec::{Message, Packet};
use oscine_transport::{
    SendError, StreamError,
    connection::Builder,
    hook::{self, Verdict},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf, duplex},
    time::{Instant, Sleep, sleep},
};

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_given_up() {
    let idle = Duration::from_secs(60);
    let (mut connection, mut raw) = pipe(Builder::new().idle_timeout(idle));
    let start = Instant::now();
    let peer = async {
        sleep(Duration::from_secs(50)).await;
        raw.write_all(&framed("/a")).await.unwrap();
        sleep(Duration::from_secs(50)).await;
        // Half a packet is something too.
        raw.write_all(b"\xc0/b").await.unwrap();
        std::future::pending::<()>().await;
    };
    let read = async {
        assert_eq!(next(&mut connection).await, packet("/a"));
        let error = connection.next().await.unwrap().unwrap_err();
        assert!(matches!(error, StreamError::Idle { limit } if limit == idle), "{error:?}");
        assert!(connection.next().await.is_none());
        connection.stats().connections
    };
    let stats = tokio::select! { () = peer => unreachable!(), stats = read => stats };
    assert_eq!(start.elapsed().as_secs(), 160);
    assert_eq!((stats.idle, stats.slow, stats.broken, stats.open), (1, 0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_given_up_unless_it_was_asked_for() {
    let most = Duration::MAX;
    for builder in [Builder::new(), Builder::new().idle_timeout(most).frame_timeout(most)] {
        let (mut connection, mut raw) = pipe(builder);
        raw.write_all(b"\xc0/half").await.unwrap();
        let year = Duration::from_secs(365 * 24 * 3600);
        assert!(tokio::time::timeout(year, connection.next()).await.is_err());
    }
}

/// Writes a packet of 20 bytes with so much time before each, and says what the reader made of it.
async fn trickle(builder: Builder, pause: Duration) -> (Option<StreamError>, Duration) {
    let (mut connection, mut raw) = pipe(builder);
    let frame = framed("/much/too/long");
    let start = Instant::now();
    let peer = async {
        for byte in &frame {
            raw.write_all(&[*byte]).await.unwrap();
            sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let read = async { connection.next().await.unwrap().err() };
    let error = tokio::select! { () = peer => unreachable!(), error = read => error };
    (error, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn one_byte_now_and_then_does_not_make_a_packet_in_time() {
    let limit = Duration::from_secs(10);
    let builder = Builder::new().frame_timeout(limit).idle_timeout(Duration::from_secs(15));
    let (error, after) = trickle(builder.clone(), Duration::from_secs(9)).await;
    // The first END begins no packet; the byte after it does, 9 s later.
    assert!(matches!(error, Some(StreamError::Slow { limit: told }) if told == limit));
    assert_eq!(after.as_secs(), 19);
    let (error, _) = trickle(builder, Duration::from_millis(10)).await;
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn each_packet_has_its_own_time() {
    // Pieces that are never the end of a packet, so that one is unfinished all the time.
    let limit = Duration::from_secs(10);
    let swallow = hook::inbound(|packet, _| match packet.starts_with(b"/s") {
        true => Verdict::Swallow,
        false => Verdict::Pass,
    });
    let (mut connection, mut raw) = pipe(Builder::new().frame_timeout(limit).hook(swallow));
    let stream: Vec<u8> = (0..40).flat_map(|n| framed(if n < 39 { "/s" } else { "/a" })).collect();
    let peer = async {
        for piece in stream.chunks(7) {
            raw.write_all(piece).await.unwrap();
            sleep(Duration::from_secs(4)).await;
        }
        std::future::pending::<()>().await;
    };
    let received =
        tokio::select! { () = peer => unreachable!(), got = next(&mut connection) => got };
    assert_eq!(received, packet("/a"));
    assert_eq!(connection.stats().connections.slow, 0);
    assert_eq!(connection.stats().drops.get("swallowed"), 39);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_does_not_blame_the_peer() {
    let limit = Duration::from_secs(10);
    let (mut connection, mut raw) = pipe(Builder::new().frame_timeout(limit));
    raw.write_all(b"\xc0/a\0").await.unwrap();
    assert!(poll!(connection.next()).is_pending());
    // Nobody reads for a while; the peer could not have gone on if the buffers had been full.
    sleep(Duration::from_secs(60)).await;
    assert!(poll!(connection.next()).is_pending());
    let error = connection.next().await.unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Slow { .. }), "{error:?}");
    assert_eq!(connection.stats().connections.slow, 1);
}

#[tokio::test(start_paused = true)]
async fn who_stops_reading_is_given_up() {
    let limit = Duration::from_secs(30);
    let (near, mut raw) = duplex(100);
    let mut connection = Builder::new().wrap(near);
    let large: Packet = Message::new("/b", (vec![7_u8; 250],)).unwrap().into();
    let start = Instant::now();
    let (sent, ()) = tokio::join!(connection.send(&large), async {
        // It reads something in the meantime, and then nothing.
        sleep(Duration::from_secs(20)).await;
        raw.read_exact(&mut [0; 50]).await.unwrap();
    });
    let error = sent.unwrap_err();
    assert!(matches!(error, SendError::Stalled { limit: told } if told == limit), "{error:?}");
    assert_eq!(start.elapsed().as_secs(), 50);
    assert_eq!(connection.stats().connections.broken, 1);

    // Without a limit, for ever.
    let (near, _raw) = duplex(100);
    let mut connection = Builder::new().write_timeout(None).wrap(near);
    let year = Duration::from_secs(365 * 24 * 3600);
    assert!(tokio::time::timeout(year, connection.send(&large)).await.is_err());
}

/// Takes everything, and is done with it only after a pause.
struct Lagging(Option<Pin<Box<Sleep>>>);

impl AsyncRead for Lagging {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Lagging {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let pause = self.0.get_or_insert_with(|| Box::pin(sleep(Duration::from_secs(20))));
        ready!(pause.as_mut().poll(cx));
        self.0 = None;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn each_wait_for_the_peer_has_its_own_time() {
    let mut connection = Builder::new().wrap(Lagging(None));
    connection.send(packet("/a")).await.unwrap();
    // Nothing is written in these, so that only their end tells one from the next.
    for _ in 0..3 {
        connection.flush().await.unwrap();
    }
    connection.close().await.unwrap();
}
