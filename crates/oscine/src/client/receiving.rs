//! What comes back.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use futures::Stream;
use oscine_codec::Packet;
use oscine_transport::BadPacket;
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

    /// The next packet that comes back within `limit`. A time-out loses nothing.
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
        match self.poll_packet(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(packet)) => Ok(packet),
            Poll::Ready(None) => Err(RecvError::Closed),
            Poll::Pending => Err(RecvError::Empty),
        }
    }

    /// The next packet, or what arrived and was none, with its bytes; `None` when the connection is
    /// closed.
    ///
    /// Otherwise what is no packet is counted in [`stats`](Self::stats) and passed over, as it is
    /// here while a request waits.
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
