//! The sending side of a client, for many tasks.

use std::sync::Arc;
use std::time::Duration;

use oscine_codec::{Bundle, Message, Packet, Pattern};
use oscine_transport::reconnect::{State, States};
use oscine_transport::{PeerAddr, Stats};
use tokio::time::timeout;

use crate::client::error::{ClientError, RequestError};
use crate::client::outgoing::IntoPacket;
use crate::client::sent::Sent;
use crate::client::shared::Shared;
use crate::client::time::IntoTimeTag;

/// Sends and asks through a [`Client`](crate::Client), in any task and at the same time.
///
/// It is cheap to clone, and does not keep the client alive: when that is dropped, sending fails
/// with [`SendError::Closed`](oscine_transport::SendError::Closed).
///
/// # Examples
///
/// ```no_run
/// use futures::StreamExt;
/// use oscine::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut client = Client::tcp("console.local:3032").await?;
/// let sender = client.sender();
/// tokio::spawn(async move { sender.send(("/cue/1/start", ())).await });
/// while let Some(packet) = client.next().await {
///     println!("{packet}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ClientSender {
    pub(crate) shared: Arc<Shared>,
}

impl ClientSender {
    /// Sends a message as `(address, arguments)`, or a packet that is built already.
    ///
    /// When it is through, the system has the packet; on a client that
    /// [reconnects](crate::ClientBuilder::reconnect) the queue has it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it cannot be encoded or the system does not take it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent, or on a stream all of
    /// it goes out, before what is sent next.
    pub async fn send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        Ok(self.shared.send(&packet.into_packet()?).await?)
    }

    /// Sends a bundle of messages, to run at `at`: a [`TimeTag`](oscine_codec::TimeTag), a
    /// `SystemTime`, or a `Duration` from now.
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

    /// Sends many packets, in as few calls to the system as may be.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what stood before the packet in question was sent.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: some of the packets may have been sent.
    pub async fn send_all(&self, packets: &[Packet]) -> Result<(), ClientError> {
        let way = self.shared.way()?;
        Ok(self.shared.sending(&way, way.send_all(packets)).await?)
    }

    /// Sends a packet and answers with what becomes of it, which on a client that
    /// [reconnects](crate::ClientBuilder::reconnect) is known only later.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn queue(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        let (packet, way) = (packet.into_packet()?, self.shared.way()?);
        let outcome = self.shared.sending(&way, way.queue(packet)).await?;
        Ok(Sent { outcome })
    }

    /// Sends a packet ahead of those that wait in the queue of a client that
    /// [reconnects](crate::ClientBuilder::reconnect). Other clients have no queue, and there it is as
    /// [`queue`](Self::queue).
    ///
    /// It never cuts into a packet that is being written. Urgent packets keep their order among each
    /// other.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`](oscine_transport::SendError::Full) when as
    /// many urgent packets wait as may: it does not wait for room in a queue.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn urgent(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        let (packet, way) = (packet.into_packet()?, self.shared.way()?);
        let outcome = self.shared.sending(&way, way.urgent(packet)).await?;
        Ok(Sent { outcome })
    }

    /// Sends a request and waits for the first message whose address `reply` matches, alone or in a
    /// bundle, as long as [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) says.
    ///
    /// It reads for itself, so nobody has to read the client's stream meanwhile. What is not its
    /// reply goes there: the latest 1,024 packets are kept until they are read, 16 MiB of them at most,
    /// and what is dropped is counted ([`Client::missed`](crate::Client::missed)). A reply in a bundle comes out of the
    /// stream as well, with the rest of the bundle.
    ///
    /// Up to 256 requests may wait at a time. Of those with the same pattern the oldest has the
    /// first reply. OSC knows no numbers of requests: a device that answers two requests with the
    /// same address is asked about one thing at a time.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when the request is not sent, or no reply comes in time.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: the request may have been sent. Its reply then comes out of
    /// the stream.
    pub async fn request(
        &self,
        request: impl IntoPacket,
        reply: &str,
    ) -> Result<Message, RequestError> {
        self.request_within(self.shared.timeout, request, reply).await
    }

    /// As [`request`](Self::request), with a time-out of its own.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    ///
    /// # Cancel safety
    ///
    /// As [`request`](Self::request).
    pub async fn request_within(
        &self,
        limit: Duration,
        request: impl IntoPacket,
        reply: &str,
    ) -> Result<Message, RequestError> {
        let pattern = Pattern::new(reply)
            .map_err(|source| RequestError::Pattern { pattern: reply.to_owned(), source })?;
        let request = request.into_packet().map_err(ClientError::from)?;
        // In line before it is sent, as somebody else may read the reply.
        let expected = self.shared.hub.expect(pattern)?;
        let exchange = async {
            self.shared.send(&request).await.map_err(ClientError::from)?;
            expected.reply().await
        };
        timeout(limit, exchange).await.unwrap_or(Err(RequestError::Timeout { timeout: limit }))
    }

    /// Waits until there is a connection. Only a client that
    /// [reconnects](crate::ClientBuilder::reconnect) is ever without one; after it was closed this
    /// returns at once, too.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It changes nothing.
    pub async fn connected(&self) {
        let Some(mut states) = self.states() else { return };
        while let Some(state) = futures::StreamExt::next(&mut states).await {
            if state.is_connected() || matches!(state, State::Closed) {
                return;
            }
        }
    }

    /// How a client that [reconnects](crate::ClientBuilder::reconnect) stands; `None` for others.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.shared.hub.state()
    }

    /// How a client that [reconnects](crate::ClientBuilder::reconnect) stands, now and whenever that
    /// changes, with how many packets were lost; `None` for others, and after it was closed.
    #[must_use]
    pub fn states(&self) -> Option<States> {
        self.shared.hub.states()
    }

    /// What has gone through the socket so far: packets and bytes both ways, what was no packet by
    /// what was wrong with it, drops by cause, connections.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Who is at the other end. A client that reconnects knows it while there is a connection.
    #[must_use]
    pub fn peer(&self) -> PeerAddr {
        match self.state() {
            Some(State::Connected { peer, .. }) => peer,
            Some(_) => PeerAddr::Unnamed,
            None => self.shared.peer.clone(),
        }
    }
}
