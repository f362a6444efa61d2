//! A client whose calls wait.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use oscine_codec::{Message, Packet};
use oscine_transport::reconnect::State;
use oscine_transport::{BadPacket, PeerAddr, Stats, StreamError};

use crate::blocking::driver::Driver;
use crate::blocking::error::BlockingError;
use crate::blocking::sender::Sender;
use crate::blocking::sent::Sent;
use crate::blocking::states::States;
use crate::client::builder::ClientBuilder;
use crate::client::client;
use crate::client::error::{ClientError, RecvError, RequestError};
use crate::client::keep_alive::KeepAlive;
use crate::client::latest_sender::LatestSender;
use crate::client::outgoing::IntoPacket;
use crate::client::time::IntoTimeTag;
use crate::clock::estimator::Estimate;

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
        Self::made_by(|| builder.connect(endpoint))
    }

    /// A client that a closure makes: of a socket that is at hand, or over a stream of another kind.
    /// What is async in it runs on the client's thread, and in its runtime.
    ///
    /// # Errors
    ///
    /// Those of the closure, and [`BlockingError`].
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::UdpSocket;
    /// use oscine::{Client, blocking, transport::Udp};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let peer = UdpSocket::bind("127.0.0.1:0")?;
    /// let (socket, to) = (UdpSocket::bind("127.0.0.1:0")?, peer.local_addr()?);
    /// let client = blocking::Client::made_by(|| async move {
    ///     let client = Client::from_udp(Udp::from_std(socket)?, to).await?;
    ///     Ok::<_, Box<dyn std::error::Error>>(client)
    /// })?;
    /// client.send(("/here", ()))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn made_by<E: From<BlockingError>, F>(make: impl FnOnce() -> F) -> Result<Self, E>
    where
        F: Future<Output = Result<client::Client, E>>,
    {
        let driver = Driver::start()?;
        // Called in there, too, as making a socket needs the runtime.
        let client = driver.wait(async { make().await })??;
        let sender = Sender { sender: client.sender(), driver };
        Ok(Self { client, sender })
    }

    pub(crate) const fn parts(&mut self) -> (&mut client::Client, &Driver) {
        (&mut self.client, &self.sender.driver)
    }

    pub(crate) fn into_parts(self) -> (client::Client, Driver) {
        (self.client, self.sender.driver)
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

    /// Sends a packet if that is possible without waiting, as
    /// [`ClientSender::try_send`](crate::ClientSender::try_send).
    ///
    /// # Errors
    ///
    /// As [`ClientSender::try_send`](crate::ClientSender::try_send).
    pub fn try_send(&self, packet: impl IntoPacket) -> Result<(), ClientError> {
        self.sender.try_send(packet)
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

    /// Sends a packet and answers with what becomes of it, as
    /// [`ClientSender::queue`](crate::ClientSender::queue).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn queue(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        self.sender.queue(packet)
    }

    /// Sends a packet ahead of those that wait, as
    /// [`ClientSender::urgent`](crate::ClientSender::urgent).
    ///
    /// # Errors
    ///
    /// As [`ClientSender::urgent`](crate::ClientSender::urgent).
    pub fn urgent(&self, packet: impl IntoPacket) -> Result<Sent, ClientError> {
        self.sender.urgent(packet)
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

    /// Finds out how far the clock of a server is off, as
    /// [`ClientSender::estimate_offset`](crate::ClientSender::estimate_offset).
    ///
    /// # Errors
    ///
    /// As [`ClientSender::estimate_offset`](crate::ClientSender::estimate_offset).
    pub fn estimate_offset(
        &self,
        address: impl AsRef<str>,
        rounds: usize,
    ) -> Result<Estimate, RequestError> {
        self.sender.estimate_offset(address, rounds)
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

    /// Waits for the next packet, or what arrives and is none, with its bytes.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] when nothing more comes, and [`RecvError::Blocking`].
    pub fn recv_any(&mut self) -> Result<Result<Packet, BadPacket>, RecvError> {
        self.sender.driver.wait(self.client.recv_any())?.ok_or(RecvError::Closed)
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

    /// How a client that reconnects stands, now and whenever that changes, with how many packets
    /// were lost; `None` for others.
    #[must_use]
    pub fn states(&self) -> Option<States> {
        self.sender.states()
    }

    /// How many packets came while requests waited and were dropped because nobody read them.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.client.missed()
    }

    /// What broke the connection, as [`oscine::Client::fault`](crate::Client::fault).
    #[must_use]
    pub fn fault(&self) -> Option<Arc<StreamError>> {
        self.client.fault()
    }

    /// Waits until there is a connection, no longer than `limit`; answers whether there is one. Only
    /// a client that reconnects is ever without.
    ///
    /// # Errors
    ///
    /// [`BlockingError::InsideRuntime`].
    pub fn connected(&self, limit: Duration) -> Result<bool, BlockingError> {
        self.sender.connected(limit)
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
