//! A connection as a stream and a sink.

use core::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{Sink, Stream};
use oscine_codec::Packet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::Encoder;

use crate::codec::bad_packet::BadPacket;
use crate::codec::outgoing::Outgoing;
use crate::codec::stream_error::StreamError;
use crate::codec::taker::OneByOne;
use crate::connection::connection::Connection;
use crate::connection::frames::Frames;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;

impl<S: AsyncRead + Unpin> Stream for Connection<S> {
    type Item = Result<Result<Packet, BadPacket>, StreamError>;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.gate.is_some() {
            if let Err(error) = ready!(this.poll_gate(cx)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        ready!(this.turn.poll(cx));
        let next =
            this.inlet.poll(&mut this.io, &mut this.codec, &mut this.fate, &mut OneByOne, cx);
        if let Poll::Ready(Some(Ok(item))) = &next {
            this.turn.took(item.as_ref().map_or(0, |packet| packet.as_bytes().len()));
        }
        next
    }
}

/// Receiving many packets at a time, without an allocation for each.
impl<S: AsyncRead + Unpin> Connection<S> {
    /// Waits for packets and takes all that are at hand, as bytes that are not decoded.
    ///
    /// What `frames` held is forgotten. When this answers `Some(Ok(()))` there is at least one
    /// packet in it, good or bad. It ends as the stream does: `Some(Err(error))` once, behind all packets
    /// before it, if the connection broke, then `None`. It can be used in turns with the stream.
    ///
    /// What is received is counted. Who decodes the packets counts what is wrong with them, with
    /// [`Counters::decode_error`](crate::stats::Counters::decode_error) and
    /// [`tolerated`](crate::stats::Counters::tolerated); the
    /// [options](super::Builder::decode_options) of the connection are for its stream, and for the
    /// [first packet](super::Builder::on_first_packet).
    ///
    /// # Errors
    ///
    /// [`StreamError`], after which nothing more is received.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no packet was taken.
    pub async fn recv_frames(&mut self, frames: &mut Frames) -> Option<Result<(), StreamError>> {
        poll_fn(|cx| self.poll_recv_frames(cx, frames)).await
    }

    /// Polls for packets; see [`recv_frames`](Self::recv_frames).
    ///
    /// It is for a task that sends and receives at the same time; the
    /// [module page](super) shows one.
    pub fn poll_recv_frames(
        &mut self,
        cx: &mut Context<'_>,
        frames: &mut Frames,
    ) -> Poll<Option<Result<(), StreamError>>> {
        frames.clear();
        if self.gate.is_some() {
            if let Err(error) = ready!(self.poll_gate(cx)) {
                return Poll::Ready(Some(Err(error)));
            }
        }
        let received = self.inlet.poll(&mut self.io, &mut self.codec, &mut self.fate, frames, cx);
        self.codec.settle();
        received
    }

    /// Waits for the first packet, and lets the rest through if it is what it should be.
    #[cold]
    fn poll_gate(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), StreamError>> {
        let first =
            self.inlet.poll(&mut self.io, &mut self.codec, &mut self.fate, &mut OneByOne, cx);
        let outcome = match ready!(first) {
            Some(Ok(Ok(packet))) => {
                let peer = self.codec.peer_addr();
                let admitted = self.gate.as_ref().is_some_and(|gate| gate.admits(&packet, peer));
                let cause = if admitted { DropCause::Swallowed } else { DropCause::Refused };
                self.codec.counters().dropped(cause, 1);
                if admitted { Ok(()) } else { Err(StreamError::Refused) }
            }
            Some(Ok(Err(_))) => Err(StreamError::Refused),
            Some(Err(error)) => Err(error),
            None => Ok(()),
        };
        self.gate = None;
        if let Err(error @ StreamError::Refused) = &outcome {
            self.inlet.end();
            self.fate.unreadable(error, self.codec.counters());
        }
        Poll::Ready(outcome)
    }
}

/// A sink that is full waits for the peer, up to
/// [`write_timeout`](crate::connection::Builder::write_timeout).
impl<S: AsyncWrite + Unpin, T: Outgoing> Sink<T> for Connection<S> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.outlet.is_full() { self.get_mut().poll_write(cx) } else { Poll::Ready(Ok(())) }
    }

    fn start_send(self: Pin<&mut Self>, packet: T) -> Result<(), SendError> {
        let this = self.get_mut();
        this.codec.encode(packet, this.outlet.buffer())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().poll_write(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let this = self.get_mut();
        let closed = this.outlet.poll_close(&mut this.io, cx);
        this.note(closed)
    }
}

impl<S: AsyncWrite + Unpin> Connection<S> {
    /// Sends what `next` gives as long as there is room, and flushes when it gives nothing more.
    ///
    /// It is for a task that sends and receives at the same time; the [module page](super) shows
    /// one. `next` is asked only when a packet can be taken. `Ready(Ok(()))` means that all there
    /// was has been handed to the system. The task is woken when `next` has more, and when there is
    /// room again.
    ///
    /// # Errors
    ///
    /// As [`send`](futures::SinkExt::send). A packet that is refused, or too long, is lost, and
    /// those after it are sent by the next call; after [`SendError::Io`] and
    /// [`SendError::Stalled`] none can be.
    pub fn poll_send_from<T: Outgoing>(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut(&mut Context<'_>) -> Poll<Option<T>>,
    ) -> Poll<Result<(), SendError>> {
        loop {
            if self.outlet.is_full() {
                ready!(self.poll_write(cx))?;
            }
            let Poll::Ready(Some(packet)) = next(cx) else { return self.poll_write(cx) };
            self.codec.encode(packet, self.outlet.buffer())?;
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let written = self.outlet.poll_flush(&mut self.io, cx);
        self.note(written)
    }

    /// Counts a failure to send.
    fn note(&mut self, outcome: Poll<Result<(), SendError>>) -> Poll<Result<(), SendError>> {
        if let Poll::Ready(Err(_)) = &outcome {
            self.fate.unwritable(self.codec.counters());
        }
        outcome
    }
}
