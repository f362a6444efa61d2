//! One task that receives and sends over one connection: neither direction blocks the other.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::VecDeque,
    future::poll_fn,
    task::{Context, Poll},
};

use common::{
    pipe::{framed, packet},
    recorder::Recorder,
};
use futures::{SinkExt, StreamExt};
use oscine_codec::Packet;
use oscine_transport::{
    SendError,
    connection::{Builder, Connection, Frames},
    hook::{self, Verdict},
    tcp::{self, Listener},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};

/// How many packets go each way.
const COUNT: usize = 5_000;

/// Answers what arrives with the same, from a queue.
struct Echo<S> {
    connection: Connection<S>,
    frames: Frames,
    answers: VecDeque<Packet>,
    received: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Echo<S> {
    fn new(connection: Connection<S>) -> Self {
        Self { connection, frames: Frames::new(), answers: VecDeque::new(), received: 0 }
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let Self { connection, answers, .. } = self;
        // Who puts answers into this queue is the task itself, so nobody has to be woken.
        connection.poll_send_from(cx, |_| match answers.pop_front() {
            Some(answer) => Poll::Ready(Some(answer)),
            None => Poll::Pending,
        })
    }

    /// Runs until so many packets have arrived.
    async fn until(&mut self, count: usize) {
        while self.received < count {
            let received = poll_fn(|cx| {
                if let Poll::Ready(sent) = self.poll_send(cx) {
                    sent.unwrap();
                }
                self.connection.poll_recv_frames(cx, &mut self.frames)
            });
            received.await.unwrap().unwrap();
            self.received += self.frames.len();
            for frame in &self.frames {
                self.answers.push_back(Packet::decode(frame.unwrap().to_vec()).unwrap());
            }
        }
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_read() {
    let (near, mut raw) = duplex(64);
    let mut echo = Echo::new(Builder::new().wrap(near));
    let frame = framed("/flood");
    let flood = async {
        for _ in 0..COUNT {
            raw.write_all(&frame).await.unwrap();
        }
    };
    // All has been received, though nobody took the answers; then they are all there.
    tokio::join!(flood, echo.until(COUNT));
    assert!(echo.answers.len() > COUNT / 2, "8 KiB of answers have left the queue");
    let (mut reading, mut writing) = tokio::io::split(raw);
    let mut answers = vec![0; frame.len() * COUNT];
    tokio::select! {
        read = reading.read_exact(&mut answers) => drop(read.unwrap()),
        () = echo.until(usize::MAX) => unreachable!(),
    }
    assert!(answers.chunks(frame.len()).all(|answer| answer == frame));
    // And it still receives.
    writing.write_all(&frame).await.unwrap();
    echo.until(COUNT + 1).await;
}

#[tokio::test]
async fn both_directions_flow_over_sockets() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let peer = tcp::Connection::builder().connect(addr).await.unwrap();
    let (near, _) = listener.accept().await;
    let (mut sink, mut stream) = StreamExt::split::<Packet>(peer);
    let mut echo = Echo::new(near);
    let flood = async {
        for _ in 0..COUNT {
            sink.feed(packet("/flood")).await.unwrap();
        }
        SinkExt::<Packet>::flush(&mut sink).await.unwrap();
    };
    let answers = async {
        for _ in 0..COUNT {
            assert_eq!(stream.next().await.unwrap().unwrap().unwrap(), packet("/flood"));
        }
    };
    tokio::select! {
        _ = async { tokio::join!(flood, answers) } => {}
        () = echo.until(usize::MAX) => unreachable!(),
    }
    assert_eq!(echo.received, COUNT);
}

#[tokio::test]
async fn answers_that_are_there_leave_in_one_write() {
    let all = ["/a", "/b", "/c"].map(framed).concat();
    let mut echo = Echo::new(Builder::new().wrap(Recorder::default()));
    echo.answers.extend(["/a", "/b", "/c"].map(packet));
    poll_fn(|cx| echo.poll_send(cx)).await.unwrap();
    assert_eq!(echo.connection.get_ref().0, [all]);
}

#[tokio::test]
async fn a_packet_that_is_refused_is_lost_alone() {
    let (near, mut raw) = duplex(1 << 10);
    let refuse = hook::outbound(|bytes, _| match bytes[1] {
        b'x' => Verdict::Refuse("not this one".into()),
        _ => Verdict::Pass,
    });
    let mut echo = Echo::new(Builder::new().hook(refuse).wrap(near));
    echo.answers.extend(["/a", "/x", "/b"].map(packet));
    let refused = poll_fn(|cx| echo.poll_send(cx)).await.unwrap_err();
    assert!(matches!(refused, SendError::Refused { .. }), "{refused:?}");
    poll_fn(|cx| echo.poll_send(cx)).await.unwrap();
    drop(echo);
    let mut sent = Vec::new();
    raw.read_to_end(&mut sent).await.unwrap();
    assert_eq!(sent, [framed("/a"), framed("/b")].concat());
}
