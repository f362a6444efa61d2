//! The sink of what a connection sends.

use core::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::Sink;
use oscine_codec::Packet;
use tokio::io::AsyncWrite;
use tokio_util::codec::Framed;

use crate::codec::outgoing::Outgoing;
use crate::codec::packet_codec::PacketCodec;
use crate::connection::connection::Connection;
use crate::connection::metered::Metered;
use crate::framing::any::AnyFraming;
use crate::send_error::SendError;
use crate::stats::counters::ConnectionEvent;

/// A sink that is full waits for the peer, up to
/// [`write_timeout`](crate::connection::Builder::write_timeout).
impl<S: AsyncWrite + Unpin, T: Outgoing> Sink<T> for Connection<S> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().poll_write(cx, Sink::<Packet>::poll_ready)
    }

    fn start_send(self: Pin<&mut Self>, packet: T) -> Result<(), SendError> {
        Pin::new(&mut self.get_mut().framed).start_send(packet)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().poll_write(cx, Sink::<Packet>::poll_flush)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().poll_write(cx, Sink::<Packet>::poll_close)
    }
}

type Inner<S> = Framed<Metered<S>, PacketCodec<AnyFraming>>;

impl<S: AsyncWrite + Unpin> Connection<S> {
    /// Writes, but does not wait for ever for a peer that takes nothing.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Inner<S>>, &mut Context<'_>) -> Poll<Result<(), SendError>>,
    ) -> Poll<Result<(), SendError>> {
        match write(Pin::new(&mut self.framed), cx) {
            Poll::Ready(Ok(())) => {
                self.stall.clear();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => {
                self.ends_by(ConnectionEvent::Broken);
                Poll::Ready(Err(error))
            }
            Poll::Pending => {
                let written = self.framed.get_ref().written;
                let stalled = self.stall.poll(written, cx);
                stalled.map(|limit| {
                    self.ends_by(ConnectionEvent::Broken);
                    Err(SendError::Stalled { limit })
                })
            }
        }
    }
}
