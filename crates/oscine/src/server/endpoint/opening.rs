//! Opening endpoints.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use oscine_codec::DecodeOptions;
use oscine_transport::connection::{Builder, Connection, Listen};
use oscine_transport::exchange::Exchange;
use oscine_transport::framing::FramingKind;
use oscine_transport::hook::Hook;
use oscine_transport::stats::Counters;
use oscine_transport::tcp::Listener;
use oscine_transport::udp::UdpBuilder;
#[cfg(unix)]
use oscine_transport::unix;
use oscine_transport::{Endpoint, PeerAddr, Udp};

use crate::address_space::address_space::AddressSpace;
use crate::client::client::Client;
use crate::peers::rules::PeerRules;
use crate::server::endpoint::accepted::Accepted;
use crate::server::endpoint::any_stream::AnyStream;
use crate::server::endpoint::bind::{Bind, Tune};
use crate::server::endpoint::bind_error::BindError;
use crate::server::endpoint::carrier::{AnyCarrier, CarrierSender};
use crate::server::endpoint::door::AnyIncoming;
use crate::server::endpoint::port::Port;
use crate::server::endpoint::ruled::{HooksByPeer, check_client, check_datagrams};
use crate::server::ways::datagram_sender::DatagramSender;
use crate::server::ways::outbound::Waiting;
use crate::server::ways::unsent::Unsent;

/// What holds for all endpoints of a server, where nothing else is said about one.
pub(crate) struct Opener {
    pub(crate) space: AddressSpace,
    pub(crate) decode: DecodeOptions,
    pub(crate) max_frame: usize,
    pub(crate) max_connections: usize,
    pub(crate) hooks: Vec<Arc<dyn Hook>>,
    pub(crate) rules: Arc<PeerRules>,
    pub(crate) next: AtomicUsize,
    /// What all streams count in that the program has brought: they come and go.
    pub(crate) streams: Arc<Counters>,
}

/// An endpoint that is bound and not served yet.
pub(crate) struct Opened {
    pub(crate) port: Arc<Port>,
    pub(crate) socket: Socket,
}

/// What a socket of datagrams sends by, and what waits for it.
pub(crate) type Sending = (DatagramSender, Unsent<Waiting>);

/// What an endpoint receives by.
pub(crate) enum Socket {
    Udp(Box<Udp>),
    Tcp(Listener),
    #[cfg(unix)]
    UnixDatagrams(Box<unix::Datagrams>),
    #[cfg(unix)]
    Unix(unix::Listener),
    /// One connection that the program has brought.
    Stream(Box<Connection<AnyStream>>),
    /// What comes back to a client of the program.
    Client(Arc<Client>),
    /// Connections that the program accepts itself.
    Connections(Box<AnyIncoming>),
    /// Datagrams that the program carries itself.
    Datagrams(Box<Exchange<AnyCarrier>>, CarrierSender),
}

impl Socket {
    /// The way out, if it is not by connections.
    pub(crate) fn sender(&self) -> Option<DatagramSender> {
        match self {
            Self::Udp(udp) => Some(DatagramSender::Udp(udp.sender())),
            #[cfg(unix)]
            Self::UnixDatagrams(datagrams) => Some(DatagramSender::Unix(datagrams.sender())),
            Self::Client(client) => Some(DatagramSender::Client(Arc::clone(client))),
            Self::Datagrams(_, sender) => Some(DatagramSender::Carrier(sender.clone())),
            _ => None,
        }
    }
}

impl Opener {
    /// Binds an endpoint.
    pub(crate) async fn open(&self, bind: &Bind) -> Result<Opened, BindError> {
        let text = &bind.address;
        let endpoint: Endpoint = text
            .parse()
            .map_err(|source| BindError::Endpoint { endpoint: text.clone(), source })?;
        let counters = Arc::new(Counters::default());
        let by_peer = HooksByPeer::new(&self.rules);
        let opened = self.socket(bind, endpoint, &counters, by_peer.clone()).await;
        let (socket, endpoint) =
            opened.map_err(|source| BindError::Bind { endpoint: text.clone(), source })?;
        let port = self.port(Some(endpoint), bind, counters);
        by_peer.iter().for_each(|hooks| hooks.set_endpoint(port.number));
        self.checked(Opened { port, socket }, false)
    }

    /// An endpoint at which the rules can be followed; `bound_before` says whether its socket was there before us.
    fn checked(&self, opened: Opened, bound_before: bool) -> Result<Opened, BindError> {
        if opened.socket.sender().is_some() {
            check_datagrams(&self.rules, opened.port.number, bound_before)?;
        }
        Ok(opened)
    }

    /// Takes over a UDP socket that is bound already.
    pub(crate) fn adopt_udp(&self, udp: Box<Udp>) -> Result<Opened, BindError> {
        let endpoint = udp.local_addr().map_err(BindError::System)?.into();
        let port = self.port(Some(endpoint), &Bind::new(""), Arc::clone(udp.counters()));
        self.checked(Opened { port, socket: Socket::Udp(udp) }, true)
    }

    /// Takes over a TCP listener that is bound already.
    pub(crate) fn adopt_tcp(&self, listener: Listener) -> Result<Opened, BindError> {
        let addr = listener.local_addr().map_err(BindError::System)?;
        let endpoint = tcp_endpoint(addr, FramingKind::Auto);
        let port = self.port(Some(endpoint), &Bind::new(""), Arc::clone(listener.counters()));
        Ok(Opened { port, socket: Socket::Tcp(listener) })
    }

    /// Takes over a client.
    pub(crate) fn adopt_client(&self, client: Box<Client>) -> Result<Opened, BindError> {
        let counters = Arc::clone(client.sender.shared.counters());
        let port = self.port(None, &Bind::new(""), counters);
        check_client(&self.rules, port.number)?;
        Ok(Opened { port, socket: Socket::Client(Arc::from(client)) })
    }

    /// Takes over a stream of bytes, as a connection with the options of this server.
    pub(crate) fn stream(&self, stream: AnyStream, framing: FramingKind) -> Opened {
        let builder = Builder::new()
            .framing(framing)
            .frame_timeout(FRAME_TIMEOUT)
            .counters(Arc::clone(&self.streams))
            .max_frame(self.max_frame)
            .decode_options(self.decode);
        let builder = self.hooks.iter().cloned().fold(builder, Builder::hook);
        self.brought(Socket::Stream(Box::new(builder.wrap(stream))))
    }

    /// Takes over connections that the program accepts itself, with the options of this server.
    pub(crate) fn connections<C, M>(
        &self,
        connections: impl Stream<Item = io::Result<C>> + Send + 'static,
        framing: FramingKind,
    ) -> Opened
    where
        C: Accepted<M>,
        M: 'static,
    {
        let builder = Builder::incoming().framing(framing);
        let builder = self.streams(&Bind::new(""), builder, Arc::clone(&self.streams));
        let connections = connections.map_ok(C::into_parts).boxed();
        self.brought(Socket::Connections(Box::new(builder.accept_from(connections))))
    }

    /// Takes over datagrams that the program carries itself, with the options of this server.
    pub(crate) fn datagrams(
        &self,
        carrier: AnyCarrier,
        knows: fn(&PeerAddr) -> bool,
    ) -> Result<Opened, BindError> {
        let exchange = Exchange::new(carrier)
            .max_datagram(self.max_frame)
            .with_counters(Arc::clone(&self.streams));
        let exchange = self.hooks.iter().cloned().fold(exchange, Exchange::hook);
        let by_peer = HooksByPeer::new(&self.rules);
        let exchange = by_peer.clone().into_iter().fold(exchange, Exchange::hook);
        let sender = CarrierSender { knows, counters: Arc::clone(&self.streams) };
        let opened = self.brought(Socket::Datagrams(Box::new(exchange), sender));
        by_peer.iter().for_each(|hooks| hooks.set_endpoint(opened.port.number));
        self.checked(opened, false)
    }

    /// An endpoint that the program has brought.
    fn brought(&self, socket: Socket) -> Opened {
        Opened { port: self.port(None, &Bind::new(""), Arc::clone(&self.streams)), socket }
    }

    fn port(&self, endpoint: Option<Endpoint>, bind: &Bind, counters: Arc<Counters>) -> Arc<Port> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let space = bind.space.clone().unwrap_or_else(|| self.space.clone());
        Port::new(number, endpoint, space, bind.decode.unwrap_or(self.decode), counters)
    }

    async fn socket(
        &self,
        bind: &Bind,
        endpoint: Endpoint,
        counters: &Arc<Counters>,
        by_peer: Option<HooksByPeer>,
    ) -> io::Result<(Socket, Endpoint)> {
        let decode = bind.decode.unwrap_or(self.decode);
        let counters = Arc::clone(counters);
        match endpoint {
            Endpoint::Tcp { framing, .. } => {
                let builder = self.streams(bind, Listener::builder().framing(framing), counters);
                let listener = tuned(builder, &bind.tcp).bind(endpoint.resolve().await?).await?;
                let real = tcp_endpoint(listener.local_addr()?, framing);
                Ok((Socket::Tcp(listener), real))
            }
            #[cfg(unix)]
            Endpoint::Unix { ref path, framing: None } => {
                let builder = unix::Datagrams::builder().decode_options(decode).counters(counters);
                let builder = self.hooks(bind).fold(builder, unix::DatagramsBuilder::hook);
                let mut builder = by_peer.into_iter().fold(builder, unix::DatagramsBuilder::hook);
                if let Some(bytes) = bind.max_frame {
                    builder = builder.max_datagram(bytes);
                }
                let datagrams = tuned(builder, &bind.unix).bind(path)?;
                Ok((Socket::UnixDatagrams(Box::new(datagrams)), endpoint))
            }
            #[cfg(unix)]
            Endpoint::Unix { ref path, framing: Some(framing) } => {
                let builder = unix::Listener::builder().framing(framing);
                let builder = tuned(self.streams(bind, builder, counters), &bind.unix_stream);
                Ok((Socket::Unix(builder.bind(path)?), endpoint))
            }
            _ => {
                let builder = Udp::builder().decode_options(decode).counters(counters);
                let builder = self.hooks(bind).fold(builder, UdpBuilder::hook);
                let mut builder = by_peer.into_iter().fold(builder, UdpBuilder::hook);
                if let Some(bytes) = bind.max_frame {
                    builder = builder.max_datagram(bytes);
                }
                let udp = tuned(builder, &bind.udp).bind_endpoint(&endpoint).await?;
                let real = Endpoint::from(udp.local_addr()?);
                Ok((Socket::Udp(Box::new(udp)), real))
            }
        }
    }

    /// Sets what all listeners have in common.
    fn streams<K>(
        &self,
        bind: &Bind,
        builder: Builder<K, Listen>,
        counters: Arc<Counters>,
    ) -> Builder<K, Listen> {
        let builder = builder
            .max_frame(bind.max_frame.unwrap_or(self.max_frame))
            .max_connections(self.max_connections)
            .decode_options(bind.decode.unwrap_or(self.decode))
            .counters(counters);
        self.hooks(bind).fold(builder, Builder::hook)
    }

    fn hooks<'a>(&'a self, bind: &'a Bind) -> impl Iterator<Item = Arc<dyn Hook>> + 'a {
        self.hooks.iter().chain(&bind.hooks).cloned()
    }
}

fn tcp_endpoint(addr: SocketAddr, framing: FramingKind) -> Endpoint {
    Endpoint::Tcp { host: addr.ip().into(), port: addr.port(), framing }
}

/// A builder with what is special about one endpoint.
fn tuned<B>(builder: B, tune: &Tune<B>) -> B {
    match tune {
        Some(tune) => tune(builder),
        None => builder,
    }
}

/// How long a packet may take to arrive on a stream that the program has brought: as on connections of listeners.
const FRAME_TIMEOUT: Duration = Duration::from_secs(10);
