//! What a connection sends.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::io;

use bytes::BytesMut;
use futures::Sink;
use tokio::io::AsyncWrite;
use tokio_util::{codec::Encoder, io::poll_write_buf};

use crate::codec::outgoing::Outgoing;
use crate::connection::connection::Connection;
use crate::connection::patience::Stall;
use crate::send_error::SendError;
use crate::stats::counters::ConnectionEvent;

/// The sending half of a connection.
#[derive(Debug)]
pub(super) struct Outlet {
    /// What is to be written; a packet and its marks lie in one piece in it.
    buffer: BytesMut,
    /// How many bytes were written so far.
    written: u64,
    stall: Stall,
}

impl Outlet {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { buffer: BytesMut::new(), written: 0, stall: Stall::new(limit) }
    }
}

/// A sink that is full waits for the peer, up to
/// [`write_timeout`](crate::connection::Builder::write_timeout).
impl<S: AsyncWrite + Unpin, T: Outgoing> Sink<T> for Connection<S> {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.outlet.buffer.len() < FULL {
            return Poll::Ready(Ok(()));
        }
        self.get_mut().poll_patiently(cx, Self::poll_write)
    }

    fn start_send(self: Pin<&mut Self>, packet: T) -> Result<(), SendError> {
        let this = self.get_mut();
        this.codec.encode(packet, &mut this.outlet.buffer)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().poll_patiently(cx, Self::poll_write)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().poll_patiently(cx, |this, cx| {
            ready!(this.poll_write(cx))?;
            Pin::new(&mut this.io).poll_shutdown(cx)
        })
    }
}

impl<S: AsyncWrite + Unpin> Connection<S> {
    /// Writes all there is.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Outlet { buffer, written, .. } = &mut self.outlet;
        while !buffer.is_empty() {
            let count = ready!(poll_write_buf(Pin::new(&mut self.io), cx, buffer))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written = written.saturating_add(count as u64);
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Does something that waits for the peer, but not for ever for one that takes nothing.
    fn poll_patiently(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Self, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<Result<(), SendError>> {
        let outcome = match poll(self, cx) {
            Poll::Ready(outcome) => {
                self.outlet.stall.clear();
                outcome.map_err(SendError::Io)
            }
            Poll::Pending => {
                let limit = ready!(self.outlet.stall.poll(self.outlet.written, cx));
                Err(SendError::Stalled { limit })
            }
        };
        if outcome.is_err() {
            self.ends_by(ConnectionEvent::Broken);
        }
        Poll::Ready(outcome)
    }
}

/// How many bytes may wait before a further packet waits too.
const FULL: usize = 8 * 1024;
