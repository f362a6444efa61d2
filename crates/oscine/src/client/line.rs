//! A connection that is read by one task and written by another.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::{Sink, Stream};
use oscine_codec::Packet;
use oscine_transport::connection::Connection;
use oscine_transport::{SendError, StreamError};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::client::entered::{Entered, Inside};
use crate::client::inlet::Item;

/// A connection that is read by one task and written by another; clones share it.
///
/// The lock is held for no longer than one poll takes. The waker of each direction is that of its
/// last poll, so for each there is one who polls at a time. Hooks are called under the lock; what they
/// want of the connection they are refused.
#[derive(Clone)]
pub(crate) struct Line(Arc<Entered<Pin<Box<dyn Duplex>>>>);

/// Both directions, whatever the stream of bytes.
trait Duplex:
    Stream<Item = Result<Item, StreamError>> + Sink<Packet, Error = SendError> + Send
{
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for Connection<S> {}

impl Line {
    pub(crate) fn new<S>(connection: Connection<S>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self(Arc::new(Entered::new(Box::pin(connection))))
    }

    /// Whether a hook of the connection asks.
    pub(crate) fn is_in_hook(&self) -> bool {
        self.0.is_here()
    }

    fn enter(&self) -> Result<Inside<'_, Pin<Box<dyn Duplex>>>, SendError> {
        self.0.enter().ok_or(SendError::InHook)
    }
}

impl Stream for Line {
    type Item = Result<Item, StreamError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.enter() {
            Some(mut inside) => inside.as_mut().poll_next(cx),
            // It is being read.
            None => Poll::Pending,
        }
    }
}

impl Sink<Packet> for Line {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.enter()?.as_mut().poll_ready(cx)
    }

    fn start_send(self: Pin<&mut Self>, packet: Packet) -> Result<(), SendError> {
        self.enter()?.as_mut().start_send(packet)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.enter()?.as_mut().poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.enter()?.as_mut().poll_close(cx)
    }
}
