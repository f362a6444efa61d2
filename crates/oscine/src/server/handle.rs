//! A server as seen from elsewhere.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::{Sink, Stream};
use oscine_codec::{AddressError, Message, Packet, Pattern, ToArgs};
use oscine_transport::framing::FramingKind;
use oscine_transport::{Endpoint, PeerAddr};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use crate::address_space::address_space::AddressSpace;
use crate::client::outgoing::IntoPacket;
use crate::client::time::IntoTimeTag;
use crate::clock::clock::Clock;
use crate::dispatch::dispatched::Dispatched;
use crate::handler::outlet::Outlet;
use crate::handler::send_error::SendError;
use crate::peer::Peer;
use crate::peers::networks::Networks;
use crate::peers::view::PeerView;
use crate::server::accepted::Accepted;
use crate::server::bind::Bind;
use crate::server::bind_error::BindError;
use crate::server::carrier::{BoxError, erase, knows};
use crate::server::counters::Stats;
use crate::server::inbound::Inbound;
use crate::server::lateness::LatenessHistogram;
use crate::server::port::PortState;
use crate::server::shared::Shared;
use crate::server::subscription::{Subscription, TypedSubscription};
use crate::server::target::Target;

/// A server as seen from elsewhere: sends from its sockets, edits its address space, sees what it receives and what
/// waits, reads its counters, stops it.
///
/// Cheap to clone. Works before the server serves, and from inside its handlers.
#[derive(Debug, Clone)]
pub struct ServerHandle {
    pub(crate) shared: Arc<Shared>,
}

/// Sending.
impl ServerHandle {
    /// Sends a message to a peer, from the socket that it wrote to, or to an address, from the
    /// [default endpoint](crate::ServerBuilder::default_endpoint). Never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] says why the message was not handed over.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use oscine::{Client, Message, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = Server::builder().udp("127.0.0.1:0").bind().await?;
    /// let mut display = Client::udp(server.endpoints()[0].resolve().await?).await?;
    /// let address: SocketAddr = display.local_addr().ok_or("no address")?;
    ///
    /// server.handle().send_to(address, "/cue", 7)?;
    /// let cue = display.recv().await.ok_or("closed")?;
    /// assert_eq!(cue, Message::new("/cue", 7)?.into());
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_to<'a>(
        &self,
        to: impl Into<Target<'a>>,
        address: impl AsRef<str>,
        args: impl ToArgs,
    ) -> Result<(), SendError> {
        self.send_packet_to(to, Message::new(address, args)?)
    }

    /// Sends a bundle to a peer or an address, to run at `at`. Never waits.
    ///
    /// `at` is by this side's wall clock: a [`SystemTime`](std::time::SystemTime), or made of
    /// [`Clock::wall_now`](crate::Clock::wall_now). What the server adds to the time tags of this peer when they come in,
    /// it takes off: the [offset of the clock](crate::Clock::with_offset) and of its
    /// [rule](crate::PeerOptions::offset), or what is [learned](crate::LearnOffset). [`TimeTag::IMMEDIATE`] stays.
    ///
    /// [`TimeTag::IMMEDIATE`]: oscine_codec::TimeTag::IMMEDIATE
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    pub fn send_bundle_to<'a, P: Into<Packet>>(
        &self,
        to: impl Into<Target<'a>>,
        at: impl IntoTimeTag,
        elements: impl IntoIterator<Item = P>,
    ) -> Result<(), SendError> {
        let bundle = oscine_codec::Bundle::new(at.into_time_tag(), elements)?;
        self.send_packet_to(to, bundle)
    }

    /// Sends a message or a bundle that is built already. Never waits.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    pub fn send_packet_to<'a>(
        &self,
        to: impl Into<Target<'a>>,
        packet: impl Into<Packet>,
    ) -> Result<(), SendError> {
        match to.into() {
            Target::Peer(peer) => self.shared.send(&peer, packet.into()),
            Target::Addr(addr) => self.shared.send_to_addr(addr, packet.into()),
        }
    }

    /// Has an endpoint asked first for a way to an address alone; see [`Target`]. Says whether it is open or paused, and
    /// sends by itself; if not, nothing changes.
    #[expect(clippy::must_use_candidate, reason = "what it does matters more than what it says")]
    pub fn set_default_endpoint(&self, number: usize) -> bool {
        self.shared.outbound.prefer(number)
    }

    /// The number of the endpoint that is asked first for a way to an address alone; `None` if none sends by itself.
    #[must_use]
    pub fn default_endpoint(&self) -> Option<usize> {
        self.shared.outbound.preferred()
    }
}

/// Receiving.
impl ServerHandle {
    /// Runs a packet as if it had come from a socket: same schedule, same limits, from [`Peer::Local`]. What handlers
    /// reply goes nowhere.
    ///
    /// The answer comes when what is due now has run. Do not wait for it inside a handler that others wait for: the
    /// packet runs after that handler.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`] when it is no packet, [`SendError::Gone`] when the server has stopped.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, the packet may run nevertheless.
    pub async fn dispatch(&self, packet: impl IntoPacket) -> Result<Dispatched, SendError> {
        let packet = packet.into_packet()?;
        let (done, dispatched) = oneshot::channel();
        let inbound = Inbound::Packet { packet, received_at: Instant::now(), done };
        let gone = || SendError::Gone { peer: Peer::Local };
        self.shared.inbox.send(inbound).await.map_err(|_| gone())?;
        dispatched.await.map_err(|_| gone())
    }

    /// All messages whose addresses a pattern matches, as a stream beside the handlers. `"//*"` are all.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `pattern` is neither a pattern nor an address.
    pub fn subscribe(&self, pattern: impl AsRef<str>) -> Result<Subscription, AddressError> {
        let pattern = Pattern::new(pattern.as_ref())?;
        Ok(self.shared.subscribers.subscribe(pattern))
    }

    /// The arguments of all messages whose addresses a pattern matches, as values of one type: numbers stand in for
    /// each other, and messages with other arguments are passed over.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `pattern` is neither a pattern nor an address.
    pub fn subscribe_as<T>(
        &self,
        pattern: impl AsRef<str>,
    ) -> Result<TypedSubscription<T>, AddressError> {
        Ok(self.subscribe(pattern)?.typed())
    }
}

/// Endpoints and peers.
#[expect(clippy::must_use_candidate, reason = "what they do matters more than what they say")]
impl ServerHandle {
    /// Where the server listens, in the order of the endpoints' numbers: the addresses that were really bound, those
    /// that are closed among them. What the program has brought itself, streams of any kind, has none.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.shared.ports.load().iter().filter_map(|port| port.endpoint.clone()).collect()
    }

    /// Serves one end of a stream of bytes as a connection: TLS, a serial line, a pipe in a test. Says its number; it
    /// is a number of its own as for an endpoint, and is forgotten when the stream ends.
    ///
    /// # Errors
    ///
    /// [`BindError::Stopped`] when the server has stopped.
    pub fn add_stream(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        framing: FramingKind,
    ) -> Result<usize, BindError> {
        let opened = self.shared.opener.stream(Box::new(stream), framing);
        self.shared.announce(opened).ok_or(BindError::Stopped)
    }

    /// Serves connections that the program accepts itself, as [`connections`](crate::ServerBuilder::connections) of the
    /// builder does. Says the number of the endpoint; it is forgotten when the stream and all its connections have ended.
    ///
    /// # Errors
    ///
    /// [`BindError::Stopped`] when the server has stopped.
    pub fn add_connections<C, M>(
        &self,
        connections: impl Stream<Item = io::Result<C>> + Send + 'static,
        framing: FramingKind,
    ) -> Result<usize, BindError>
    where
        C: Accepted<M>,
        M: 'static,
    {
        let opened = self.shared.opener.connections(connections, framing);
        self.shared.announce(opened).ok_or(BindError::Stopped)
    }

    /// Serves datagrams that the program carries itself, as [`datagrams`](crate::ServerBuilder::datagrams) of the builder
    /// does. Says the number of the endpoint; it is forgotten when the stream has ended.
    ///
    /// # Errors
    ///
    /// [`BindError::Stopped`] when the server has stopped; [`BindError::Rule`] when a rule for this endpoint cannot be
    /// followed.
    pub fn add_datagrams<D, A>(&self, carrier: D) -> Result<usize, BindError>
    where
        D: Stream<Item = io::Result<(Bytes, A)>> + Sink<(Bytes, A)> + Send + 'static,
        <D as Sink<(Bytes, A)>>::Error: Into<BoxError>,
        A: Into<PeerAddr> + TryFrom<PeerAddr> + 'static,
    {
        let opened = self.shared.opener.datagrams(erase(carrier), knows::<A>)?;
        self.shared.announce(opened).ok_or(BindError::Stopped)
    }

    /// Listens on one more endpoint; says its number.
    ///
    /// # Errors
    ///
    /// [`BindError`] when it cannot be bound, or the server has stopped.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was bound.
    pub async fn add_endpoint(&self, endpoint: impl Into<Bind>) -> Result<usize, BindError> {
        let shared = &self.shared;
        let opened = shared.opener.open(&endpoint.into()).await?;
        let endpoint = opened.port.endpoint.clone();
        let number = shared.announce(opened).ok_or(BindError::Stopped)?;
        if let Some(endpoint) = &endpoint {
            shared.bound(endpoint);
        }
        Ok(number)
    }

    /// Whether an endpoint receives; `None` if there was never one of this number, or it was brought by the program and
    /// has ended.
    #[must_use]
    pub fn endpoint_state(&self, number: usize) -> Option<PortState> {
        Some(self.shared.port(number)?.state())
    }

    /// Stops reading from an endpoint. Connections stay, and packets can still be sent. What arrives is kept by the
    /// system, as much as it has room for. Doing it twice is harmless; says whether the endpoint is open.
    pub fn pause(&self, number: usize) -> bool {
        self.set(number, PortState::Paused)
    }

    /// Goes on reading from an endpoint that was paused; says whether the endpoint is open.
    pub fn resume(&self, number: usize) -> bool {
        self.set(number, PortState::Open)
    }

    /// Closes an endpoint and its connections; its port is free soon after. What is queued for its peers is sent before,
    /// as far as they take it within a second; the rest is dropped and counted. Says whether it was open.
    pub fn close_endpoint(&self, number: usize) -> bool {
        let open = self.set(number, PortState::Closed);
        self.shared.outbound.close_endpoint(number);
        open
    }

    fn set(&self, number: usize, state: PortState) -> bool {
        let open = self.shared.port(number).is_some_and(|port| port.set(state));
        self.shared.changed.notify_one();
        open
    }

    /// The other ends of all connections, in no order.
    #[must_use]
    pub fn connections(&self) -> Vec<Peer> {
        self.shared.outbound.connected()
    }

    /// What the server knows of the peers that it has heard of lately, up to 4,096, in no order.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerView> {
        let views = self.shared.peers.views().into_iter();
        views
            .map(|view| PeerView { clock: self.shared.learners.clock(&view.peer), ..view })
            .collect()
    }

    /// What the server knows of one peer, if it has heard of it lately.
    #[must_use]
    pub fn peer(&self, peer: &Peer) -> Option<PeerView> {
        let view = self.shared.peers.view(peer)?;
        Some(PeerView { clock: self.shared.learners.clock(peer), ..view })
    }

    /// The networks that may send, and those that may not.
    #[must_use]
    pub fn networks(&self) -> Networks {
        (*self.shared.gate.networks()).clone()
    }

    /// Says anew which networks may send, and which may not. It holds from the next packet on; connections stay until
    /// they are [kicked](Self::kick).
    pub fn set_networks(&self, networks: Networks) {
        self.shared.gate.set_networks(networks);
    }

    /// Closes the connection to a peer; says whether there was one. What was read from it already is run, but for what
    /// still waits for room because the server is behind: that is dropped and counted. What is queued for it is sent
    /// before, as far as it takes it within a second; the rest is dropped and counted, and what handlers reply from now on
    /// is [refused](SendError::Gone).
    pub fn kick(&self, peer: &Peer) -> bool {
        peer.connection().is_some_and(|connection| self.shared.outbound.kick(connection))
    }
}

/// The server itself.
impl ServerHandle {
    /// The address space, to be changed while the server runs.
    #[must_use]
    pub fn space(&self) -> &AddressSpace {
        &self.shared.space
    }

    /// What the server has counted.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// The clock by which the server runs bundles.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// How late bundles ran that had waited.
    #[must_use]
    pub fn lateness(&self) -> LatenessHistogram {
        self.shared.lateness.read()
    }

    /// Stops the server: what runs is finished, what waits is dropped. Doing it twice is harmless.
    pub fn stop(&self) {
        self.shared.stop.ask();
    }

    /// Waits until the server has stopped and its ports are free.
    ///
    /// Cancel safe. If it does not complete, nothing was done.
    pub async fn stopped(&self) {
        self.shared.stopped.cancelled().await;
    }
}
