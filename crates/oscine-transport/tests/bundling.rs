//! Messages that are sent together, in simulated time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use futures::{FutureExt, Sink, SinkExt, StreamExt, channel::mpsc};
use oscine_codec::{Message, Packet};
use oscine_transport::{SendError, bundling::Bundling, connection};
use tokio::time::{Instant, advance};

/// A sink that writes down what it is told.
#[derive(Debug, Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    /// Whether sending fails.
    broken: bool,
}

impl Log {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

impl Sink<Packet> for Log {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, packet: Packet) -> Result<(), SendError> {
        self.note(packet.to_string().replace("#bundle 0000000000000001 ", ""));
        if self.broken { Err(SendError::Full) } else { Ok(()) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.note("flush");
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.note("close");
        Poll::Ready(Ok(()))
    }
}

fn message(number: i32) -> Packet {
    Message::new("/n", (number,)).unwrap().into()
}

async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn messages_leave_together_and_by_themselves() {
    let log = Log::default();
    let sink = Bundling::new(log.clone());
    sink.send(message(1)).await.unwrap();
    settle().await;
    advance(Duration::from_micros(600)).await;
    sink.try_send(message(2)).unwrap();
    settle().await;
    assert_eq!(log.take(), [""; 0]);
    // Nobody polls the sink from here on. The timer ticks in whole milliseconds.
    let before = Instant::now();
    while log.lines.lock().unwrap().is_empty() {
        advance(Duration::from_micros(100)).await;
        settle().await;
    }
    assert!(before.elapsed() <= Duration::from_millis(2), "{:?}", before.elapsed());
    assert_eq!(log.take(), ["{/n ,i 1; /n ,i 2}", "flush"]);
    sink.send(message(3)).await.unwrap();
    settle().await;
    advance(Duration::from_millis(2)).await;
    settle().await;
    assert_eq!(log.take(), ["/n ,i 3", "flush"]);
}

#[tokio::test(start_paused = true)]
async fn to_flush_is_to_send_at_once() {
    let log = Log::default();
    let mut sink = Bundling::builder().delay(Duration::from_secs(10)).wrap(log.clone());
    let before = Instant::now();
    for number in 1..=2 {
        sink.feed(message(number)).await.unwrap();
    }
    // What others handed over goes with it.
    sink.clone().send(message(3)).await.unwrap();
    sink.flush().await.unwrap();
    assert_eq!(log.take(), ["{/n ,i 1; /n ,i 2; /n ,i 3}", "flush"]);
    SinkExt::send(&mut sink, message(4)).await.unwrap();
    assert_eq!(log.take(), ["/n ,i 4", "flush"]);
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_was_given_up_covers_nothing_sent_after_it() {
    let log = Log::default();
    let mut sink = Bundling::builder().delay(Duration::from_secs(10)).wrap(log.clone());
    sink.feed(message(1)).await.unwrap();
    assert!(sink.flush().now_or_never().is_none());
    sink.feed(message(2)).await.unwrap();
    sink.flush().await.unwrap();
    assert_eq!(log.take(), ["/n ,i 1", "flush", "/n ,i 2", "flush"]);
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_sent_before_the_sink_is_closed() {
    for close in [true, false] {
        let log = Log::default();
        let mut sink = Bundling::new(log.clone());
        let other = sink.clone();
        sink.feed(message(1)).await.unwrap();
        other.send(message(2)).await.unwrap();
        if close {
            sink.close().await.unwrap();
            assert!(matches!(sink.send(message(3)).await, Err(SendError::Closed)));
            assert_eq!(log.take(), ["{/n ,i 1; /n ,i 2}", "flush"]);
            other.send(message(3)).await.unwrap();
            drop(other);
            settle().await;
            assert_eq!(log.take(), ["/n ,i 3", "flush", "close"]);
        } else {
            drop((sink, other));
            settle().await;
            assert_eq!(log.take(), ["{/n ,i 1; /n ,i 2}", "flush", "close"]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_is_told_once_and_ends_nothing() {
    let log = Log { broken: true, ..Log::default() };
    let mut sink = Bundling::new(log.clone());
    sink.send(message(1)).await.unwrap();
    assert!(matches!(sink.flush().await, Err(SendError::Full)));
    sink.send(message(2)).await.unwrap();
    settle().await;
    advance(Duration::from_millis(2)).await;
    settle().await;
    assert!(matches!(sink.send(message(3)).await, Err(SendError::Full)));
    sink.send(message(4)).await.unwrap();
    assert!(sink.close().await.is_err());
    assert_eq!(log.take(), ["/n ,i 1", "flush", "/n ,i 2", "flush", "/n ,i 4", "flush"]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_is_not_ready_slows_senders_down() {
    let (slow, mut received) = mpsc::channel(0);
    let sink = Bundling::new(slow.sink_map_err(|_| SendError::Closed));
    let mut accepted = 0;
    let flood = async {
        for number in 0..100_000 {
            sink.send((message(number), number)).await.unwrap();
            accepted += 1;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), flood).await.is_err());
    // The queue, what was taken from it, the piles of 1,024 targets, and the packet in the sink.
    assert!(accepted <= 1_024 + 256 + 1_024 + 2, "{accepted}");
    drop(sink);
    let mut arrived = 0;
    while let Some((packet, number)) = received.next().await {
        assert_eq!((packet, arrived), (message(number), number));
        arrived += 1;
    }
    assert_eq!(arrived, accepted);
}

#[tokio::test(start_paused = true)]
async fn connections_take_bundles_too() {
    let (near, far) = tokio::io::duplex(64);
    let sink = Bundling::new(connection::Builder::new().wrap(near));
    let mut far = connection::Builder::new().wrap(far);
    for number in 0..1_000 {
        sink.send(message(number)).await.unwrap();
        if number % 100 == 99 {
            let mut count = 0;
            while count < 100 {
                let packet = far.next().await.unwrap().unwrap().unwrap();
                assert!(packet.as_bytes().len() <= 1_452);
                for message in packet.messages() {
                    let expected = number - 99 + count;
                    assert_eq!(message.message.args().parse::<(i32,)>().unwrap().0, expected);
                    count += 1;
                }
            }
        }
    }
}
