//! What arrives on a connection.

use core::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::BytesMut;
use futures::Stream;
use oscine_codec::Packet;
use tokio::io::AsyncRead;
use tokio_util::{codec::Decoder, io::poll_read_buf};

use crate::codec::bad_packet::BadPacket;
use crate::codec::stream_error::StreamError;
use crate::connection::connection::Connection;
use crate::connection::patience::Patience;
use crate::stats::counters::ConnectionEvent;

/// The receiving half of a connection.
#[derive(Debug)]
pub(super) struct Inlet {
    /// What was read and is not taken out yet.
    buffer: BytesMut,
    /// How many bytes were read so far.
    read: u64,
    flow: Flow,
    patience: Patience,
}

/// How far a stream has come.
///
/// ```text
///  ┌──────┐ nothing more ┌────────┐ no item left ┌──────┐
///  │ Open ├─────────────►│ Ending ├─────────────►│ Over │
///  └──┬───┘              └───┬────┘              └──▲───┘
///     │                      │        error         │
///     └──────────────────────┴──────────────────────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// More may arrive.
    Open,
    /// The peer has ended its stream, of which the last items are taken out.
    Ending,
    /// There is nothing more.
    Over,
}

impl Inlet {
    pub(super) fn new(idle: Option<Duration>, frame: Option<Duration>) -> Self {
        Self {
            buffer: BytesMut::with_capacity(CAPACITY),
            read: 0,
            flow: Flow::Open,
            patience: Patience::new(idle, frame),
        }
    }

    pub(super) fn unfinished(&self) -> usize {
        self.buffer.len()
    }
}

impl<S: AsyncRead + Unpin> Stream for Connection<S> {
    type Item = Result<Result<Packet, BadPacket>, StreamError>;

    // What is decoded is large enough that moving it from call to call costs more than decoding, so
    // the way of a packet is one function.
    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let decoded = match this.inlet.flow {
                Flow::Open => this.codec.decode(&mut this.inlet.buffer),
                Flow::Ending => this.codec.decode_eof(&mut this.inlet.buffer),
                Flow::Over => return Poll::Ready(None),
            };
            match decoded {
                Ok(Some(item)) => return Poll::Ready(Some(Ok(item))),
                Ok(None) if this.inlet.flow == Flow::Ending => this.inlet.flow = Flow::Over,
                Ok(None) => match this.poll_read(cx) {
                    Poll::Ready(Ok(())) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(this.fail(error)))),
                    Poll::Pending => return Poll::Pending,
                },
                Err(error) => return Poll::Ready(Some(Err(this.fail(error)))),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> Connection<S> {
    /// Reads once; if nothing is there, waits until the peer has taken too long.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        let Inlet { buffer, read, flow, patience } = &mut self.inlet;
        // Room for one byte at least: without any, a read of nothing would look like the end.
        buffer.reserve(1);
        match poll_read_buf(Pin::new(&mut self.io), cx, buffer) {
            Poll::Ready(Ok(0)) => *flow = Flow::Ending,
            Poll::Ready(Ok(count)) => *read = read.saturating_add(count as u64),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
            Poll::Pending => return patience.poll(*read, buffer.len() as u64, cx).map(Err),
        }
        Poll::Ready(Ok(()))
    }
}

impl<S> Connection<S> {
    /// Ends the reading, and counts why.
    #[cold]
    fn fail(&mut self, error: StreamError) -> StreamError {
        self.inlet.flow = Flow::Over;
        self.ends_by(match error {
            StreamError::Idle { .. } => ConnectionEvent::Idle,
            StreamError::Slow { .. } => ConnectionEvent::Slow,
            StreamError::Frame(_) | StreamError::Io(_) => ConnectionEvent::Broken,
        });
        error
    }
}

/// How much is read at a time. Packets that are kept keep alive what was read with them, so it is
/// not large; it grows to a packet that is larger.
const CAPACITY: usize = 8 * 1024;
