//! A stream that fails at its n-th call, for each n and in each way, ends at most its own connection.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod common;

use std::io::{self, ErrorKind, Write, stdout};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use common::wire::{frame, packet};
use common::{LOOPBACK, Running, within};
use oscine::transport::framing::FramingKind::{self, LengthPrefix, Slip};
use oscine::{AddressSpace, Fault, Server};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};
use tokio::task::yield_now;

/// What a call does instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    /// It is not ready, and is right away.
    Later,
    /// It does one byte.
    OneByte,
    /// It fails, once and then at each call after it.
    Error(ErrorKind),
    /// It reads or writes nothing, then and ever after.
    Nothing,
}

impl Trouble {
    /// Whether everything arrives nevertheless.
    fn is_harmless(self) -> bool {
        matches!(self, Self::Later | Self::OneByte)
    }
}

const TROUBLES: [Trouble; 10] = [
    Trouble::Later,
    Trouble::OneByte,
    Trouble::Nothing,
    Trouble::Error(ErrorKind::WouldBlock),
    Trouble::Error(ErrorKind::Interrupted),
    Trouble::Error(ErrorKind::ConnectionReset),
    Trouble::Error(ErrorKind::BrokenPipe),
    Trouble::Error(ErrorKind::UnexpectedEof),
    Trouble::Error(ErrorKind::TimedOut),
    Trouble::Error(ErrorKind::Other),
];

/// One end of a pipe that has trouble from one call on.
struct Faulty {
    pipe: DuplexStream,
    calls: Arc<AtomicUsize>,
    at: usize,
    trouble: Trouble,
}

impl Faulty {
    /// What this call does, if not what it should.
    fn trouble(&self) -> Option<Trouble> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let lasts = !self.trouble.is_harmless();
        (call == self.at || lasts && call > self.at).then_some(self.trouble)
    }
}

fn later<T>(cx: &Context<'_>) -> Poll<T> {
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl AsyncRead for Faulty {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.trouble() {
            Some(Trouble::Later) => later(cx),
            Some(Trouble::Nothing) => Poll::Ready(Ok(())),
            Some(Trouble::Error(kind)) => Poll::Ready(Err(kind.into())),
            Some(Trouble::OneByte) => {
                let mut byte = [0];
                let mut one = ReadBuf::new(&mut byte);
                let read = Pin::new(&mut self.pipe).poll_read(cx, &mut one);
                buf.put_slice(one.filled());
                read
            }
            None => Pin::new(&mut self.pipe).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.trouble() {
            Some(Trouble::Later) => later(cx),
            Some(Trouble::Nothing) => Poll::Ready(Ok(0)),
            Some(Trouble::Error(kind)) => Poll::Ready(Err(kind.into())),
            Some(Trouble::OneByte) => Pin::new(&mut self.pipe).poll_write(cx, &bytes[..1]),
            None => Pin::new(&mut self.pipe).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.trouble() {
            Some(Trouble::Later) => later(cx),
            Some(Trouble::Error(kind)) => Poll::Ready(Err(kind.into())),
            _ => Pin::new(&mut self.pipe).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.trouble() {
            Some(Trouble::Later) => later(cx),
            Some(Trouble::Error(kind)) => Poll::Ready(Err(kind.into())),
            _ => Pin::new(&mut self.pipe).poll_shutdown(cx),
        }
    }
}

/// How many questions there are.
const QUESTIONS: i32 = 6;

struct Fixture {
    server: Running,
    good: DuplexStream,
    ran: Arc<Mutex<Vec<i32>>>,
    told: Arc<AtomicU64>,
}

impl Fixture {
    /// A server that answers, with one connection without trouble.
    async fn start() -> Self {
        let ran = Arc::new(Mutex::new(Vec::new()));
        let space = AddressSpace::new();
        let note = Arc::clone(&ran);
        let answer = move |number: i32| {
            note.lock().unwrap().push(number);
            ("/answer", number)
        };
        space.method("/ask", answer).unwrap();
        let told = Arc::new(AtomicU64::new(0));
        let tell = Arc::clone(&told);
        let on_error = move |fault: &Fault<'_>| {
            let lost = matches!(fault, Fault::ConnectionLost { .. });
            tell.fetch_add(u64::from(lost), Ordering::Relaxed);
        };
        let builder = Server::builder().udp(LOOPBACK).address_space(space).on_error(on_error);
        let server = Running::bind(builder).await;
        let (near, good) = duplex(4096);
        server.handle.add_stream(near, LengthPrefix).unwrap();
        Self { server, good, ran, told }
    }

    /// Asks over the connection without trouble.
    async fn ask(&mut self, number: i32) {
        let question = frame(LengthPrefix, packet("/ask", number).as_bytes());
        within(self.good.write_all(&question)).await.unwrap();
        let expected = frame(LengthPrefix, packet("/answer", number).as_bytes());
        let mut answer = vec![0; expected.len()];
        within(self.good.read_exact(&mut answer)).await.unwrap();
        assert_eq!(answer, expected);
    }

    /// Carries questions over a stream with trouble at the call `at`; says whether it came to that.
    async fn check(&mut self, framing: FramingKind, at: usize, trouble: Trouble) -> bool {
        let context = format!("{framing}, {trouble:?} at call {at}");
        self.ran.lock().unwrap().clear();
        let told = self.told.load(Ordering::Relaxed);
        let (pipe, mut far) = duplex(64);
        let calls = Arc::new(AtomicUsize::new(0));
        let faulty = Faulty { pipe, calls: Arc::clone(&calls), at, trouble };
        self.server.handle.add_stream(faulty, framing).unwrap();

        let mut questions = Vec::new();
        let mut answers = Vec::new();
        for number in 0..QUESTIONS {
            questions.extend(frame(framing, packet("/ask", number).as_bytes()));
            answers.extend(frame(framing, packet("/answer", number).as_bytes()));
        }
        let mut arrived = Vec::new();
        let (mut from, mut to) = tokio::io::split(&mut far);
        let write = async {
            // It may be closed by then.
            let _ = to.write_all(&questions).await;
            let _ = to.shutdown().await;
        };
        // The server closes when it has had enough, or all is answered.
        let ((), end) = within(async { tokio::join!(write, from.read_to_end(&mut arrived)) }).await;
        end.unwrap();
        assert!(answers.starts_with(&arrived), "{context}: {arrived:x?}");
        let ran = self.ran.lock().unwrap().clone();
        let in_order: Vec<_> = (0..QUESTIONS).collect();
        assert!(in_order.starts_with(&ran), "{context}: {ran:?}");
        let came = calls.load(Ordering::Relaxed) > at;
        if trouble.is_harmless() || !came {
            assert_eq!(arrived, answers, "{context}");
            assert_eq!(self.told.load(Ordering::Relaxed), told, "{context}");
        }
        within(async {
            while self.server.handle.connections().len() > 1 {
                yield_now().await;
            }
        })
        .await;
        self.ask(at.try_into().unwrap()).await;
        came
    }
}

#[tokio::test]
async fn a_stream_that_fails_at_any_call_ends_at_most_its_own_connection() {
    let mut fixture = Fixture::start().await;
    let (mut cases, mut lost) = (0_u64, 0);
    for framing in [Slip, LengthPrefix] {
        for trouble in TROUBLES {
            let mut at = 0;
            while fixture.check(framing, at, trouble).await {
                at += 1;
                assert!(at < 1000, "the calls never end");
            }
            assert!(at > 10, "{framing}, {trouble:?}: only {at} calls");
            cases += at as u64;
            lost = fixture.told.load(Ordering::Relaxed);
        }
    }
    let stats = fixture.server.stop().await;
    assert_eq!((stats.handler_panics, stats.pending), (0, 0));
    assert!(lost > 0, "nobody heard of a lost connection");
    let _ = writeln!(stdout(), "{cases} cases, {lost} connections lost while reading");
}
