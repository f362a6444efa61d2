//! A client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use oscine_codec::{Message, Packet};
use oscine_transport::reconnect::{State, States};
use oscine_transport::{PeerAddr, Stats, StreamError};

use crate::client::error::{ClientError, RequestError};
use crate::client::outgoing::IntoPacket;
use crate::client::sender::ClientSender;
use crate::client::sent::Sent;
use crate::client::shared::Shared;
use crate::client::tasks::Tasks;
use crate::client::time::IntoTimeTag;

/// A client of one peer: sends to it, asks it, and reads what it sends back to the same socket.
///
/// It is a `Stream<Item = Packet>` of what comes back. On datagrams it ends never, on a connection
/// when that does, and on a client that [reconnects](crate::ClientBuilder::reconnect) when it is
/// closed. [`sender`](Self::sender) sends and asks from other tasks, [`serve`](Self::serve) calls
/// handlers with what comes back. Dropping a client closes its socket and ends its tasks.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use oscine::{Client, Message};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::udp("127.0.0.1:57110").await?;
/// client.send(("/s_new", ("default", 1000, 0, 0))).await?;
/// client.send_bundle(Duration::from_millis(200), [Message::new("/n_free", 1000)?]).await?;
/// let status = client.request(("/status", ()), "/status.reply").await?;
/// println!("{status}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client {
    pub(crate) sender: ClientSender,
    pub(crate) tasks: Tasks,
}

impl Client {
    pub(crate) fn new(shared: Shared) -> Self {
        let sender = ClientSender { shared: Arc::new(shared) };
        Self { sender, tasks: Tasks::default() }
    }

    /// Ends the sending direction when everything is sent. Dropping a client closes it at once.
    ///
    /// What was [kept](Self::latest_wins) is sent first, keep-alive messages end. On a connection the
    /// peer may go on sending, and that can be read. A client that reconnects sends what is in its
    /// queue, for which it has a time of
    /// [grace](oscine_transport::connection::Builder::grace), and ends both directions.
    ///
    /// # Errors
    ///
    /// [`ClientError::Send`] when what waited could not be sent. What a client that reconnects could
    /// not send is counted in [`stats`](Self::stats).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It may be called again.
    pub async fn close(&mut self) -> Result<(), ClientError> {
        self.tasks.finish().await;
        Ok(self.sender.shared.finish().await?)
    }

    /// The sending side, for other tasks. Cheap to clone.
    #[must_use]
    pub fn sender(&self) -> ClientSender {
        self.sender.clone()
    }

    /// Sends a message as `(address, arguments)`, or a packet that is built already.
    ///
    /// # Errors
    ///
    /// As [`ClientSender::send`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent, or on a stream all of
    /// it goes out, before what is sent next.
    pub async fn send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.sender.send(packet).await
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
        self.sender.send_bundle(at, elements).await
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
        self.sender.send_all(packets).await
    }

    /// Sends a packet and answers with what becomes of it, as [`ClientSender::queue`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn queue(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        self.sender.queue(packet).await
    }

    /// Sends a packet ahead of those that wait, as [`ClientSender::urgent`].
    ///
    /// # Errors
    ///
    /// As [`ClientSender::urgent`].
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn urgent(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        self.sender.urgent(packet).await
    }

    /// Sends a request and waits for the first message whose address `reply` matches, as
    /// [`ClientSender::request`].
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
        self.sender.request(request, reply).await
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
        self.sender.request_within(limit, request, reply).await
    }

    /// Waits until there is a connection, as [`ClientSender::connected`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It changes nothing.
    pub async fn connected(&self) {
        self.sender.connected().await;
    }

    /// How a client that reconnects stands; `None` for others.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.sender.state()
    }

    /// How a client that reconnects stands, now and whenever that changes, with how many packets
    /// were lost; `None` for others.
    #[must_use]
    pub fn states(&self) -> Option<States> {
        self.sender.states()
    }

    /// What has gone through the socket so far, as [`ClientSender::stats`].
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.sender.stats()
    }

    /// How many packets came while requests waited and were dropped because nobody read the stream.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.sender.shared.hub.missed()
    }

    /// What broke the connection, if something other than the peer's closing it has ended the
    /// stream. A client that reconnects tells it by its [`states`](Self::states).
    #[must_use]
    pub fn fault(&self) -> Option<Arc<StreamError>> {
        self.sender.shared.hub.fault()
    }

    /// The client's own address; `None` where it has none, or it changes.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.sender.shared.local_addr
    }

    /// Who is at the other end. A client that reconnects knows it while there is a connection.
    #[must_use]
    pub fn peer(&self) -> PeerAddr {
        self.sender.peer()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.sender.shared.close();
    }
}
