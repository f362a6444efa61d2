//! A client.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{Stream, StreamExt};
use oscine_codec::{Bundle, Packet};

use crate::client::error::ClientError;
use crate::client::link::Link;
use crate::client::outgoing::IntoPacket;
use crate::client::time::IntoTimeTag;

/// A client of one peer: sends to it, asks it, and reads what it sends back to the same socket.
///
/// It is a `Stream<Item = Packet>` of what comes back. On UDP it ends never, on TCP when the connection does.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use oscine::{Client, Message};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = Client::udp("127.0.0.1:57110").await?;
/// client.send(("/s_new", ("default", 1000, 0, 0))).await?;
/// client.send_bundle(Duration::from_millis(200), [Message::new("/n_free", 1000)?]).await?;
/// let status = client.request(("/status", ()), "/status.reply").await?;
/// println!("{status}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    pub(crate) link: Link,
    /// What came while a request waited for its reply.
    pub(crate) backlog: VecDeque<Packet>,
    pub(crate) timeout: Duration,
    pub(crate) local_addr: SocketAddr,
    pub(crate) peer_addr: SocketAddr,
}

impl Client {
    /// Sends a message as `(address, arguments)`, or a packet that is built already.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it cannot be encoded or the system does not take it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent, or (on TCP) all of it will be.
    pub async fn send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        Ok(self.link.send(packet.into_packet()?).await?)
    }

    /// Sends a bundle of messages, to run at `at`: a [`TimeTag`](oscine_codec::TimeTag), a `SystemTime`, or a
    /// `Duration` from now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn send_bundle<P: Into<Packet>>(
        &self,
        at: impl IntoTimeTag,
        elements: impl IntoIterator<Item = P>,
    ) -> Result<(), ClientError> {
        self.send(Bundle::new(at.into_time_tag(), elements)).await
    }

    /// Sends many packets, on TCP in as few writes as may be.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what stood before the packet in question was sent.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: some of the packets may have been sent.
    pub async fn send_all(&self, packets: &[Packet]) -> Result<(), ClientError> {
        Ok(self.link.send_all(packets).await?)
    }

    /// The next packet that came back; `None` when the connection is closed.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no packet was taken.
    pub async fn recv(&mut self) -> Option<Packet> {
        self.next().await
    }

    /// Closes the sending direction when everything is sent. Dropping a client closes it at once.
    ///
    /// # Errors
    ///
    /// [`ClientError::Send`] when what waited could not be sent.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It may be called again.
    pub async fn close(&mut self) -> Result<(), ClientError> {
        Ok(self.link.close().await?)
    }

    /// The client's own address.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The peer's address.
    #[must_use]
    pub const fn peer_addr(&self) -> SocketAddr {
        self.peer_addr
    }
}

impl Stream for Client {
    type Item = Packet;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Packet>> {
        let client = self.get_mut();
        match client.backlog.pop_front() {
            Some(packet) => Poll::Ready(Some(packet)),
            None => Pin::new(&mut client.link).poll_next(cx),
        }
    }
}
