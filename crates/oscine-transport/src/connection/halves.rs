//! A connection as a stream and a sink.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{Sink, Stream};
use oscine_codec::Packet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::Encoder;

use crate::codec::bad_packet::BadPacket;
use crate::codec::outgoing::Outgoing;
use crate::codec::stream_error::StreamError;
use crate::connection::connection::Connection;
use crate::send_error::SendError;

impl<S: AsyncRead + Unpin> Stream for Connection<S> {
    type Item = Result<Result<Packet, BadPacket>, StreamError>;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        this.inlet.poll(&mut this.io, &mut this.codec, &mut this.fate, cx)
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
