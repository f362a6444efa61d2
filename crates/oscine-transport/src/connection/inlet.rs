//! What arrives on a connection.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::BytesMut;
use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;

use crate::codec::packet_codec::PacketCodec;
use crate::codec::stream_error::StreamError;
use crate::codec::taker::Taker;
use crate::connection::fate::Fate;
use crate::connection::patience::Patience;
use crate::framing::any::AnyFraming;

/// The receiving half of a connection.
#[derive(Debug)]
pub(super) struct Inlet {
    /// What was read and is not taken out yet.
    buffer: BytesMut,
    /// How many bytes were read so far.
    read: u64,
    /// Whether the buffer has grown beyond what is kept.
    grown: bool,
    flow: Flow,
    /// The error at which the stream ended, until what was taken before it has been handed out.
    failed: Option<StreamError>,
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
    /// There is nothing more but the error, if one is left.
    Over,
}

impl Inlet {
    pub(super) fn new(idle: Option<Duration>, frame: Option<Duration>) -> Self {
        Self {
            buffer: BytesMut::with_capacity(CAPACITY),
            read: 0,
            grown: false,
            flow: Flow::Open,
            failed: None,
            patience: Patience::new(idle, frame),
        }
    }

    pub(super) fn unfinished(&self) -> usize {
        self.buffer.len()
    }

    /// Reads no more.
    pub(super) fn end(&mut self) {
        self.flow = Flow::Over;
    }

    /// Has frames taken until there is something to hand out, and reads when there are none.
    // What is decoded is large enough that moving it from call to call costs more than decoding, so
    // the way of a packet is one function.
    #[inline(always)]
    pub(super) fn poll<S: AsyncRead + Unpin, T: Taker>(
        &mut self,
        io: &mut S,
        codec: &mut PacketCodec<AnyFraming>,
        fate: &mut Fate,
        taker: &mut T,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<T::Item, StreamError>>> {
        loop {
            let error = match self.flow {
                Flow::Open => match codec.read(&mut self.buffer, taker) {
                    Ok(Some(item)) => return Poll::Ready(Some(Ok(item))),
                    Ok(None) => {
                        if let Some(item) = taker.at_hand() {
                            return Poll::Ready(Some(Ok(item)));
                        }
                        match ready!(self.poll_read(io, cx)) {
                            Ok(()) => continue,
                            Err(error) => error,
                        }
                    }
                    Err(error) => error,
                },
                Flow::Ending => match codec.read_last(&mut self.buffer, taker) {
                    Ok(Some(item)) => return Poll::Ready(Some(Ok(item))),
                    Ok(None) => {
                        self.flow = Flow::Over;
                        return Poll::Ready(taker.at_hand().map(Ok));
                    }
                    Err(error) => error,
                },
                Flow::Over => return Poll::Ready(self.failed.take().map(Err)),
            };
            fate.unreadable(&error, codec.counters());
            self.flow = Flow::Over;
            return Poll::Ready(match taker.at_hand() {
                Some(item) => {
                    self.failed = Some(error);
                    Some(Ok(item))
                }
                None => Some(Err(error)),
            });
        }
    }

    /// Reads once; if nothing is there, waits until the peer has taken too long.
    fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), StreamError>> {
        let (length, capacity) = (self.buffer.len(), self.buffer.capacity());
        if capacity - length < CAPACITY / 2 {
            // Moves what is unfinished to the front; there is new memory only for a large packet.
            self.buffer.reserve(CAPACITY.saturating_sub(length).max(length));
            // Told now, as what is taken out from here on is no part of the capacity.
            self.grown |= self.buffer.capacity() > KEPT;
        }
        match poll_read_buf(Pin::new(io), cx, &mut self.buffer) {
            Poll::Ready(Ok(0)) => self.flow = Flow::Ending,
            Poll::Ready(Ok(count)) => self.read = self.read.saturating_add(count as u64),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
            Poll::Pending => {
                if self.grown && self.buffer.is_empty() {
                    // What a long packet took is not held while nothing comes.
                    self.buffer = BytesMut::with_capacity(CAPACITY);
                    self.grown = false;
                }
                let unfinished = self.buffer.len() as u64;
                return self.patience.poll(self.read, unfinished, cx).map(Err);
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// How much is read at a time. It grows to a packet that is larger.
const CAPACITY: usize = 64 * 1024;

/// How much memory a connection keeps while there is nothing to read.
const KEPT: usize = 256 * 1024;
