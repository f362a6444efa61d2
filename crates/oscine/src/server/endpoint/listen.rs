//! Where a server listens, as its description says.

use std::io;

use bytes::Bytes;
use futures::{Sink, Stream};
use oscine_transport::framing::FramingKind;
use oscine_transport::tcp::Listener;
use oscine_transport::{PeerAddr, Udp};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::client::client::Client;
use crate::server::builder::ServerBuilder;
use crate::server::endpoint::accepted::Accepted;
use crate::server::endpoint::bind::Bind;
use crate::server::endpoint::carrier::{BoxError, erase, knows};
use crate::server::endpoint::place::Place;

/// Where to listen. Each call is an endpoint, numbered from 0.
impl ServerBuilder {
    /// Listens on UDP: `"127.0.0.1:9000"`, `"[::1]:9000"`, `"localhost:9000"`, `"*:9000"` for all interfaces. Port 0,
    /// or none, is any free port. May be called again for another socket. A [`Bind`] has options of its own.
    pub fn udp(self, address: impl Into<Bind>) -> Self {
        self.endpoint(address.into().scheme("osc.udp://"))
    }

    /// Listens on TCP and finds each peer's framing out: length prefix or SLIP. May be called again.
    pub fn tcp(self, address: impl Into<Bind>) -> Self {
        self.endpoint(address.into().scheme("osc.tcp://"))
    }

    /// Receives datagrams at the path of a unix socket; for streams see [`endpoint`](Self::endpoint). May be called
    /// again.
    #[cfg(unix)]
    pub fn unix(self, path: impl Into<Bind>) -> Self {
        self.endpoint(path.into().scheme("osc.unix://"))
    }

    /// Listens on an [`Endpoint`](crate::Endpoint), which may be given as text: `"osc.tcp://*:3032?framing=slip"`,
    /// `"osc.unix:///run/show.sock?framing=slip"`.
    pub fn endpoint(self, endpoint: impl Into<Bind>) -> Self {
        self.add(Place::Bind(endpoint.into()))
    }

    /// Receives from a UDP socket that is bound already.
    pub fn udp_socket(self, socket: Udp) -> Self {
        let socket = Box::new(socket);
        self.add(Place::brought("Udp", |opener| opener.adopt_udp(socket)))
    }

    /// Accepts connections from a TCP listener that is bound already, with its own options.
    pub fn tcp_listener(self, listener: Listener) -> Self {
        self.add(Place::brought("Tcp", |opener| opener.adopt_tcp(listener)))
    }

    /// Serves one end of a stream of bytes as a connection: TLS, a serial line, a pipe in a test. More can be added
    /// while serving: [`ServerHandle::add_stream`](crate::ServerHandle::add_stream).
    pub fn stream(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        framing: FramingKind,
    ) -> Self {
        self.add(Place::brought("Stream", move |opener| {
            Ok(opener.stream(Box::new(stream), framing))
        }))
    }

    /// Serves connections that the program accepts itself: TLS, a tunnel, pipes in a test. The items of the stream read
    /// and write bytes; beside them may stand who is at the other end, an address or a name. More can be added while
    /// serving: [`ServerHandle::add_connections`](crate::ServerHandle::add_connections).
    ///
    /// They are served as those of TCP are, each as a [`Peer::Connection`](crate::Peer::Connection): up to
    /// [`max_connections`](Self::max_connections) at once, while there are so many the stream is not asked. Where it
    /// names a socket address, networks, rates by host and rules for peers apply.
    ///
    /// An error of the stream is counted, logged, and the stream is asked again, after a wait:
    /// [`Incoming::accept`](oscine_transport::connection::Incoming::accept) tells how long. When the stream ends, those
    /// that were accepted go on; with the last of them the endpoint ends, and the server forgets it.
    ///
    /// The stream is asked for one connection after the other. A handshake is better made in it for several peers at
    /// once, each with a time-out, or the slowest holds up the others.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{io, time::Duration};
    ///
    /// use futures::{StreamExt, stream};
    /// use oscine::transport::framing::FramingKind;
    /// use oscine::{AddressSpace, Client, Message, Peer, Server};
    /// use tokio::{net::{TcpListener, TcpStream}, time::timeout};
    ///
    /// # /// Whoever connects has to say so.
    /// # async fn handshake(stream: TcpStream) -> io::Result<TcpStream> { Ok(stream) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let address = listener.local_addr()?;
    /// let accepted = stream::unfold(listener, |listener| async {
    ///     Some((listener.accept().await, listener))
    /// });
    /// let connections = accepted
    ///     .map(|accepted| async {
    ///         let (stream, peer) = accepted?;
    ///         // Of TLS, say.
    ///         Ok((timeout(Duration::from_secs(10), handshake(stream)).await??, peer))
    ///     })
    ///     .buffer_unordered(16);
    ///
    /// let space = AddressSpace::new();
    /// space.method("/who", |peer: Peer| ("/you", peer.addr().map(|addr| addr.to_string())))?;
    /// let server = Server::builder()
    ///     .connections(connections, FramingKind::Auto)
    ///     .address_space(space)
    ///     .bind()
    ///     .await?;
    /// tokio::spawn(server.serve().into_future());
    ///
    /// let client = Client::tcp(address).await?;
    /// let you: Message = client.request(("/who", ()), "/you").await?;
    /// assert_eq!(you.args().parse::<String>()?, client.local_addr().ok_or("none")?.to_string());
    /// # Ok(())
    /// # }
    /// ```
    pub fn connections<C, M>(
        self,
        connections: impl Stream<Item = io::Result<C>> + Send + 'static,
        framing: FramingKind,
    ) -> Self
    where
        C: Accepted<M>,
        M: 'static,
    {
        self.add(Place::brought("Connections", move |opener| {
            Ok(opener.connections(connections, framing))
        }))
    }

    /// Serves datagrams that the program carries itself: WebSocket messages, a serial radio, a channel of QUIC
    /// datagrams, a simulated network in a test. `carrier` is a stream of what arrives and a sink of what is sent, each
    /// a whole packet with the other end. More can be added while serving:
    /// [`ServerHandle::add_datagrams`](crate::ServerHandle::add_datagrams).
    ///
    /// `A` is what the carrier calls the other end: whatever becomes a [`PeerAddr`] and can be made of one again. These
    /// are a [`SocketAddr`](std::net::SocketAddr), a name (`String`, `Arc<str>`), `()` where there is one peer alone,
    /// and types of the program's own. The server knows it as a [`Peer::Datagram`](crate::Peer::Datagram). Where `A` is
    /// a socket address, networks, rates by host and rules for peers apply; otherwise each peer has a rate of its own.
    ///
    /// A datagram may have as many bytes as a [frame](Self::max_frame); what is longer is dropped and counted. Packets
    /// for the sink wait until it has room, up to 1,024; beyond that sending fails with
    /// [`SendError::QueueFull`](crate::SendError::QueueFull). Errors of the stream are counted and passed over, with
    /// waits from the ninth in a row on, of 1 ms doubled up to 1 s; an error of the sink is counted and costs one packet,
    /// or what the sink has not sent. When the stream ends, what it brought is run, replies have a second to leave, and
    /// the endpoint ends; the server forgets it.
    ///
    /// Where many are at the other end, as behind WebSockets, each may be datagrams of its own, added when it connects,
    /// with `()` as `A`; or all of them are one carrier, and `A` says which. Where the stream and the sink of a carrier lie
    /// apart, as channels do, [`Halves`](crate::transport::exchange::Halves) makes one value of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::future::ready;
    /// use std::io;
    ///
    /// use bytes::Bytes;
    /// use futures::{SinkExt, TryStreamExt};
    /// use oscine::{AddressSpace, Message, Packet, Server};
    /// use tokio_util::codec::{Framed, LengthDelimitedCodec};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // A radio at the end of a serial line, which marks datagrams by their length.
    /// let (line, radio) = tokio::io::duplex(1024);
    /// let line = Framed::new(line, LengthDelimitedCodec::new())
    ///     .map_ok(|datagram| (datagram.freeze(), ()))
    ///     .with(|(datagram, ()): (Bytes, ())| ready(Ok::<_, io::Error>(datagram)));
    ///
    /// let space = AddressSpace::new();
    /// space.method("/echo", |text: String| ("/echoed", text))?;
    /// let server = Server::builder().datagrams(line).address_space(space).bind().await?;
    /// tokio::spawn(server.serve().into_future());
    ///
    /// let mut radio = Framed::new(radio, LengthDelimitedCodec::new());
    /// radio.send(Packet::from(Message::new("/echo", "over")?).into_bytes()).await?;
    /// let reply = radio.try_next().await?.ok_or("closed")?;
    /// assert_eq!(reply, Message::new("/echoed", "over")?.as_bytes());
    /// # Ok(())
    /// # }
    /// ```
    pub fn datagrams<D, A>(self, carrier: D) -> Self
    where
        D: Stream<Item = io::Result<(Bytes, A)>> + Sink<(Bytes, A)> + Send + 'static,
        <D as Sink<(Bytes, A)>>::Error: Into<BoxError>,
        A: Into<PeerAddr> + TryFrom<PeerAddr> + 'static,
    {
        let carrier = erase(carrier);
        self.add(Place::brought("Datagrams", |opener| opener.datagrams(carrier, knows::<A>)))
    }

    /// Serves what comes back to a client, and stops when that ends.
    pub(crate) fn client(self, client: Client) -> Self {
        self.add(Place::brought("Client", |opener| opener.adopt_client(Box::new(client))))
    }

    /// Which endpoint is asked first for a way to an address alone, by its number: the first that can send there by
    /// itself is taken, from this one on and round (see [`Target`](crate::Target)). Default 0. When it is closed, the
    /// next takes over. It can be changed while serving:
    /// [`ServerHandle::set_default_endpoint`](crate::ServerHandle::set_default_endpoint).
    ///
    /// It has to send by itself, as sockets for datagrams do and listeners do not; otherwise binding fails with
    /// [`BindError::DefaultEndpoint`](crate::BindError::DefaultEndpoint).
    pub const fn default_endpoint(mut self, number: usize) -> Self {
        self.default_endpoint = Some(number);
        self
    }

    fn add(mut self, place: Place) -> Self {
        self.endpoints.push(place);
        self
    }
}
