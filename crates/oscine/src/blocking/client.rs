//! A client whose calls wait.

use std::net::SocketAddr;
use std::time::Duration;

use oscine_codec::{Message, Packet};
use oscine_transport::reconnect::State;
use oscine_transport::{PeerAddr, Stats};

use crate::blocking::driver::Driver;
use crate::blocking::error::BlockingError;
use crate::blocking::sender::Sender;
use crate::client::builder::ClientBuilder;
use crate::client::client;
use crate::client::error::{ClientError, RecvError, RequestError};
use crate::client::keep_alive::KeepAlive;
use crate::client::latest_sender::LatestSender;
use crate::client::outgoing::IntoPacket;
use crate::client::time::IntoTimeTag;

/// A client of one peer whose calls wait: [`oscine::Client`](crate::Client) for programs without
/// async.
///
/// Dropping it closes its socket and ends its thread. The [module page](crate::blocking) tells where
/// it may be used.
#[derive(Debug)]
pub struct Client {
    /// First, and so closed before the thread ends.
    client: client::Client,
    sender: Sender,
}

/// Connecting.
impl Client {
    /// A client on UDP: `"127.0.0.1:9000"`, `"mixer.local:10023"`. The name is resolved once.
    ///
    /// # Errors
    ///
    /// As [`oscine::Client::udp`](crate::Client::udp), and [`ClientError::Blocking`].
    pub fn udp(address: impl ToString) -> Result<Self, ClientError> {
        Self::connect(format!("osc.udp://{}", address.to_string()))
    }

    /// A client on TCP. It speaks SLIP until the peer has been heard; [`connect`](Self::connect) can
    /// name another framing.
    ///
    /// # Errors
    ///
    /// As [`oscine::Client::tcp`](crate::Client::tcp), and [`ClientError::Blocking`].
    pub fn tcp(address: impl ToString) -> Result<Self, ClientError> {
        Self::connect(format!("osc.tcp://{}", address.to_string()))
    }

    /// A client of an [`Endpoint`](crate::Endpoint), which may be given as text.
    ///
    /// # Errors
    ///
    /// As [`oscine::Client::connect`](crate::Client::connect), and [`ClientError::Blocking`].
    pub fn connect(endpoint: impl ToString) -> Result<Self, ClientError> {
        Self::with(ClientBuilder::default(), endpoint)
    }

    /// A client as a builder describes it.
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::connect`], and [`ClientError::Blocking`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use oscine::{Client, blocking};
    ///
    /// # fn main() -> Result<(), oscine::ClientError> {
    /// let builder = Client::builder().bind("0.0.0.0:53001");
    /// let qlab = blocking::Client::with(builder, "osc.udp://192.168.1.20:53000")?;
    /// # let _ = qlab;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with(builder: ClientBuilder, endpoint: impl ToString) -> Result<Self, ClientError> {
        let driver = Driver::start()?;
        let client = driver.wait(builder.connect(endpoint))??;
        let sender = Sender { sender: client.sender(), driver };
        Ok(Self { client, sender })
    }

    /// Ends the sending direction when everything is sent, as
    /// [`oscine::Client::close`](crate::Client::close).
    ///
    /// # Errors
    ///
    /// [`ClientError::Send`] when what waited could not be sent, and [`ClientError::Blocking`].
    pub fn close(&mut self) -> Result<(), ClientError> {
        self.sender.driver.wait(self.client.close())?
    }
}

/// Sending.
impl Client {
    /// The sending side, for other threads. Cheap to clone.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// Sends a message as `(address, arguments)`, or a packet that is built already.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it cannot be encoded or the system does not take it.
    pub fn send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.sender.send(packet)
    }

    /// Sends a packet, and waits no longer than `limit` for a peer that takes nothing.
    ///
    /// # Errors
    ///
    /// As [`Sender::send_within`].
    pub fn send_within(&self, limit: Duration, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.sender.send_within(limit, packet)
    }

    /// Sends a bundle of messages, to run at `at`: a [`TimeTag`](oscine_codec::TimeTag), a
    /// `SystemTime`, or a `Duration` from now.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_bundle<P: Into<Packet>>(
        &self,
        at: impl IntoTimeTag,
        elements: impl IntoIterator<Item = P>,
    ) -> Result<(), ClientError> {
        self.sender.send_bundle(at, elements)
    }

    /// Sends many packets, in as few calls to the system as may be.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); what stood before the packet in question was sent.
    pub fn send_all(&self, packets: &[Packet]) -> Result<(), ClientError> {
        self.sender.send_all(packets)
    }

    /// Sends a request and waits for the first message whose address `reply` matches.
    ///
    /// # Errors
    ///
    /// As [`Sender::request`].
    pub fn request(&self, request: impl IntoPacket, reply: &str) -> Result<Message, RequestError> {
        self.sender.request(request, reply)
    }

    /// As [`request`](Self::request), with a time-out of its own.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    pub fn request_within(
        &self,
        limit: Duration,
        request: impl IntoPacket,
        reply: &str,
    ) -> Result<Message, RequestError> {
        self.sender.request_within(limit, request, reply)
    }

    /// Sends a packet at once and then again and again, as
    /// [`oscine::Client::keep_alive`](crate::Client::keep_alive). It goes on between calls.
    ///
    /// # Errors
    ///
    /// [`ClientError::Encode`] when it cannot be encoded.
    pub fn keep_alive(
        &mut self,
        packet: impl IntoPacket,
        every: Duration,
    ) -> Result<KeepAlive, ClientError> {
        self.sender.driver.enter(|| self.client.keep_alive(packet, every))
    }

    /// Sends a packet at once, and whenever a connection has been made, as
    /// [`oscine::Client::on_connect`](crate::Client::on_connect).
    ///
    /// # Errors
    ///
    /// [`ClientError::Encode`] when it cannot be encoded.
    pub fn on_connect(&mut self, packet: impl IntoPacket) -> Result<KeepAlive, ClientError> {
        self.sender.driver.enter(|| self.client.on_connect(packet))
    }

    /// Sends messages no more often than one in `interval` for each address, as
    /// [`oscine::Client::latest_wins`](crate::Client::latest_wins).
    pub fn latest_wins(&mut self, interval: Duration) -> LatestSender {
        self.sender.driver.enter(|| self.client.latest_wins(interval))
    }
}

/// Receiving.
impl Client {
    /// Waits for the next packet that comes back.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] when nothing more comes, and [`RecvError::Blocking`].
    pub fn recv(&mut self) -> Result<Packet, RecvError> {
        self.sender.driver.wait(self.client.recv())?.ok_or(RecvError::Closed)
    }

    /// Waits for the next packet that comes back, no longer than `limit`. A time-out loses nothing.
    ///
    /// # Errors
    ///
    /// [`RecvError::Timeout`] when nothing comes in time, [`RecvError::Closed`] when nothing more
    /// comes at all, and [`RecvError::Blocking`].
    pub fn recv_timeout(&mut self, limit: Duration) -> Result<Packet, RecvError> {
        self.sender.driver.wait(async { self.client.recv_timeout(limit).await })?
    }

    /// The next packet, if one has arrived. Does not wait.
    ///
    /// # Errors
    ///
    /// [`RecvError::Empty`] when there is none, [`RecvError::Closed`] when nothing more comes at all,
    /// and [`RecvError::Blocking`].
    pub fn try_recv(&mut self) -> Result<Packet, RecvError> {
        self.sender.driver.wait(async { self.client.try_recv() })?
    }
}

/// How things stand.
impl Client {
    /// How a client that reconnects stands; `None` for others.
    #[must_use]
    pub fn state(&self) -> Option<State> {
        self.client.state()
    }

    /// Waits until there is a connection, no longer than `limit`; answers whether there is one. Only
    /// a client that reconnects is ever without.
    ///
    /// # Errors
    ///
    /// [`BlockingError::InsideRuntime`].
    pub fn connected(&self, limit: Duration) -> Result<bool, BlockingError> {
        let connecting =
            async { tokio::time::timeout(limit, self.client.connected()).await.is_ok() };
        Ok(self.sender.driver.wait(connecting)? && !matches!(self.state(), Some(State::Closed)))
    }

    /// What has gone through the socket so far, as
    /// [`oscine::Client::stats`](crate::Client::stats).
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// The client's own address; `None` where it has none, or it changes.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.client.local_addr()
    }

    /// Who is at the other end. A client that reconnects knows it while there is a connection.
    #[must_use]
    pub fn peer(&self) -> PeerAddr {
        self.client.peer()
    }
}
