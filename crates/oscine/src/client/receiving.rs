//! What comes back.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::{FutureExt, Stream};
use oscine_codec::Packet;
use oscine_transport::BadPacket;
use tokio::task::unconstrained;
use tokio::time::timeout;
use tracing::debug;

use crate::client::client::Client;
use crate::client::error::RecvError;

impl Client {
    /// The next packet that came back; `None` when the connection is closed.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no packet was taken.
    pub async fn recv(&mut self) -> Option<Packet> {
        poll_fn(|cx| self.poll_packet(cx)).await
    }

    /// The next packet that comes back within `limit`. A time-out loses nothing, also of a packet
    /// that has arrived in part.
    ///
    /// # Errors
    ///
    /// [`RecvError::Timeout`] when nothing comes in time, [`RecvError::Closed`] when nothing more
    /// comes at all.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no packet was taken.
    pub async fn recv_timeout(&mut self, limit: Duration) -> Result<Packet, RecvError> {
        match timeout(limit, self.recv()).await {
            Ok(Some(packet)) => Ok(packet),
            Ok(None) => Err(RecvError::Closed),
            Err(_) => Err(RecvError::Timeout { timeout: limit }),
        }
    }

    /// The next packet, if one is at hand.
    ///
    /// The runtime looks for what has arrived when it has its turn: in a loop without an `await`
    /// there is nothing to be found.
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] when there is none, [`RecvError::Closed`] when nothing more comes at all.
    pub fn try_recv(&mut self) -> Result<Packet, RecvError> {
        at_hand(|cx| self.poll_packet(cx))
    }

    /// The next packet, or what arrived and was none, with its bytes; `None` when the connection is
    /// closed.
    ///
    /// Otherwise what is no packet is counted in [`stats`](Self::stats) and passed over.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was taken.
    pub async fn recv_any(&mut self) -> Option<Result<Packet, BadPacket>> {
        poll_fn(|cx| self.sender.shared.hub.poll_next(cx)).await
    }

    fn poll_packet(&mut self, cx: &mut Context<'_>) -> Poll<Option<Packet>> {
        loop {
            match ready!(self.sender.shared.hub.poll_next(cx)) {
                Some(Ok(packet)) => return Poll::Ready(Some(packet)),
                Some(Err(bad)) => debug!(error = %bad, "malformed packet"),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl Stream for Client {
    type Item = Packet;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Packet>> {
        self.get_mut().poll_packet(cx)
    }
}

/// What is there already.
pub(crate) fn at_hand<T>(
    poll: impl FnMut(&mut Context<'_>) -> Poll<Option<T>>,
) -> Result<T, RecvError> {
    // Who has used up its turn still may ask: nothing waits here.
    match unconstrained(poll_fn(poll)).now_or_never() {
        Some(Some(item)) => Ok(item),
        Some(None) => Err(RecvError::Closed),
        None => Err(RecvError::Empty),
    }
}
