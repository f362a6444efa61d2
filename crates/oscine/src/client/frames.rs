//! What comes back, as bytes.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use oscine_transport::BadPacket;
use tokio::time::timeout;

use crate::client::client::Client;
use crate::client::error::RecvError;
use crate::client::receiving::at_hand;

impl Client {
    /// What comes back, as bytes: a stream of the contents of datagrams or frames, whether they are
    /// packets or not.
    ///
    /// It takes from the same place as the stream of packets. Each datagram or frame comes once, to
    /// whoever reads next: one may read packets, then bytes, then packets again. A reply that a
    /// request waits for goes to the request, unless it came in a bundle. What [hooks] swallow or
    /// refuse does not come, nor do frames that were damaged; what is no packet does, and is counted
    /// as such in [`stats`](Self::stats).
    ///
    /// [hooks]: oscine_transport::hook
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::StreamExt;
    /// use oscine::{Client, transport::connection::Builder};
    /// use tokio::io::AsyncWriteExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (near, mut far) = tokio::io::duplex(1024);
    /// let mut client = Client::from_connection(Builder::new().wrap(near));
    /// far.write_all(b"\xc0/a\0\0,\0\0\0\xc0\xc0not OSC\xc0").await?;
    /// drop(far);
    /// let frames: Vec<_> = client.frames().collect().await;
    /// assert_eq!(frames, [&b"/a\0\0,\0\0\0"[..], b"not OSC"]);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn frames(&mut self) -> ClientFrames<'_> {
        ClientFrames { client: self }
    }

    /// The next datagram or frame that came back, as bytes; `None` when the connection is closed.
    /// See [`frames`](Self::frames).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was taken.
    pub async fn recv_frame(&mut self) -> Option<Bytes> {
        poll_fn(|cx| self.poll_frame(cx)).await
    }

    /// The next datagram or frame that comes back within `limit`, as bytes. A time-out loses nothing,
    /// also of one that has arrived in part.
    ///
    /// # Errors
    ///
    /// [`RecvError::Timeout`] when nothing comes in time, [`RecvError::Closed`] when nothing more
    /// comes at all.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was taken.
    pub async fn recv_frame_timeout(&mut self, limit: Duration) -> Result<Bytes, RecvError> {
        match timeout(limit, self.recv_frame()).await {
            Ok(frame) => frame.ok_or(RecvError::Closed),
            Err(_) => Err(RecvError::Timeout { timeout: limit }),
        }
    }

    /// The next datagram or frame, if one is at hand, as [`try_recv`](Self::try_recv).
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] when there is none, [`RecvError::Closed`] when nothing more comes at all.
    pub fn try_recv_frame(&mut self) -> Result<Bytes, RecvError> {
        at_hand(|cx| self.poll_frame(cx))
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            match ready!(self.sender.shared.hub.poll_next(cx)) {
                Some(Ok(packet)) => return Poll::Ready(Some(packet.into_bytes())),
                Some(Err(BadPacket::Decode { bytes, .. })) => return Poll::Ready(Some(bytes)),
                // There are no bytes, or nobody is to see them. It has been counted.
                Some(Err(_)) => {}
                None => return Poll::Ready(None),
            }
        }
    }
}

/// What comes back to a client, as bytes; see [`Client::frames`].
///
/// # Cancel safety
///
/// It may be dropped at any time. What it has not given out is there for whoever reads next.
#[derive(Debug)]
pub struct ClientFrames<'a> {
    client: &'a mut Client,
}

impl Stream for ClientFrames<'_> {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.get_mut().client.poll_frame(cx)
    }
}
