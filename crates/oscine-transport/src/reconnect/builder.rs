//! How a client is made.

use core::{future::Future, time::Duration};
use std::{io, sync::Arc};

use oscine_codec::DecodeOptions;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::ToSocketAddrs,
};

use crate::endpoint::host::Host;
use crate::endpoint::uri::Endpoint;
use crate::framing::kind::FramingKind;
use crate::framing::limit::DEFAULT_MAX_FRAME;
use crate::hook::chain::Hooks;
use crate::hook::contract::Hook;
use crate::reconnect::client::Reconnecting;
use crate::reconnect::connector::Connector;
use crate::reconnect::queue::Bounds;
use crate::reconnect::task::Config;
use crate::reconnect::while_down::WhileDown;
use crate::stats::counters::Counters;

impl Reconnecting {
    /// Keeps a connection to this endpoint alive, with the default options.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] if the endpoint is one of datagrams, or has no host.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new(endpoint: &Endpoint) -> io::Result<Self> {
        Self::builder().endpoint(endpoint)
    }

    /// Begins to set options.
    pub fn builder() -> ReconnectingBuilder {
        ReconnectingBuilder {
            bounds: Bounds {
                limit: 1_024,
                while_down: WhileDown::default(),
                max_age: Some(Duration::from_secs(5)),
            },
            config: Config {
                framing: FramingKind::Auto,
                max_frame: DEFAULT_MAX_FRAME,
                decode: DecodeOptions::default(),
                hooks: Hooks::default(),
                first_wait: Duration::from_millis(100),
                longest_wait: Duration::from_secs(10),
                connect_timeout: Duration::from_secs(5),
                grace: Duration::from_secs(5),
            },
            nodelay: true,
            inbox: Some(1_024),
            counters: None,
        }
    }
}

/// The options of a [`Reconnecting`] client.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
///
/// use oscine_transport::{framing::FramingKind, reconnect::Reconnecting};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let console = Reconnecting::builder()
///     .framing(FramingKind::LengthPrefix)
///     .max_age(Duration::from_millis(500))
///     .tcp("console.local:3032");
/// # let _ = console;
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is connected"]
pub struct ReconnectingBuilder {
    bounds: Bounds,
    config: Config,
    nodelay: bool,
    inbox: Option<usize>,
    counters: Option<Arc<Counters>>,
}

impl ReconnectingBuilder {
    /// Sets the framing: [`FramingKind::Auto`] by default, found out anew at each connection.
    ///
    /// Then SLIP is written until the peer has been heard. A peer that wants length prefixes, and
    /// waits to be spoken to, needs [`FramingKind::LengthPrefix`].
    pub fn framing(mut self, framing: FramingKind) -> Self {
        self.config.framing = framing;
        self
    }

    /// Sets the longest packet in bytes, both ways: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`]).
    ///
    /// A longer one is refused when it is to be sent. One that arrives is dropped over SLIP, and
    /// ends the connection over length prefixes.
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.config.max_frame = bytes;
        self
    }

    /// Sets how packets are decoded: [`DecodeOptions::default`] by default.
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.config.decode = options;
        self
    }

    /// Adds a [hook](crate::hook): none by default. It is asked at each connection and packet.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.config.hooks.push(hook);
        self
    }

    /// Sets the counters to count in: its own by default.
    pub fn counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = Some(counters);
        self
    }

    /// Sets `TCP_NODELAY`: true by default. It matters to [`tcp`](Self::tcp) alone.
    ///
    /// Without it the system may hold a small packet back until the one before it was acknowledged,
    /// which takes up to a fifth of a second.
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self
    }

    /// Sets how many packets may wait to be sent: 1,024 by default, and as many urgent ones.
    ///
    /// While there is a connection, whoever sends waits when the queue is full. While there is
    /// none, [`while_down`](Self::while_down) decides. Worst-case memory use is this many packets.
    pub fn queue(mut self, packets: usize) -> Self {
        self.bounds.limit = packets.max(1);
        self
    }

    /// Sets what becomes of packets while there is no connection: by default they are kept, and the
    /// oldest is dropped when the queue is full ([`WhileDown::DropOldest`]).
    pub fn while_down(mut self, policy: WhileDown) -> Self {
        self.bounds.while_down = policy;
        self
    }

    /// Sets how long a packet may wait to be sent: 5 s by default; `None` is for ever.
    ///
    /// One that has waited for longer is dropped and counted. It is for cues: what a peer missed
    /// while its cable was swapped is still wanted, but a "go" of an hour ago is an accident.
    /// Whoever sends states rather than cues may want none, or sends them anew when the client says
    /// that it is [`Connected`](crate::reconnect::State::Connected).
    pub fn max_age(mut self, age: impl Into<Option<Duration>>) -> Self {
        self.bounds.max_age = age.into();
        self
    }

    /// Sets the first and the longest back-off: 100 ms and 10 s by default.
    ///
    /// Each failed attempt doubles it. Half of it is waited for certain and the other half by
    /// chance, so that many clients of one peer do not all come back at once. It begins anew after
    /// a connection over which a packet came, or which lived as long as the longest back-off.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.config.first_wait = first.min(longest);
        self.config.longest_wait = longest;
        self
    }

    /// Sets how long an attempt to connect may take, with resolving the name: 5 s by default.
    ///
    /// Systems try for two minutes on their own; a device that was switched on meanwhile would wait
    /// that long.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// Sets how long [`Reconnecting::close`] may take: 5 s by default.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.config.grace = grace;
        self
    }

    /// Sets how many packets received may wait to be read from the client: 1,024 by default.
    ///
    /// When there are as many, no more is read from the connection, which slows the peer down in
    /// the end. Whoever never reads wants [`send_only`](Self::send_only) instead.
    pub fn inbox(mut self, packets: usize) -> Self {
        self.inbox = Some(packets);
        self
    }

    /// Counts what arrives and throws it away: off by default. The client as a stream is then empty
    /// until it ends.
    pub fn send_only(mut self) -> Self {
        self.inbox = None;
        self
    }

    /// Keeps a connection to this endpoint alive, in the framing that it names.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] if the endpoint is one of datagrams, or has no host.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn endpoint(self, endpoint: &Endpoint) -> io::Result<Reconnecting> {
        match endpoint {
            Endpoint::Tcp { host, port, framing } if *host != Host::Any => {
                let builder = self.framing(*framing);
                Ok(match host.socket_addr(*port) {
                    Some(address) => builder.tcp(address),
                    None => builder.tcp((host.to_string(), *port)),
                })
            }
            #[cfg(unix)]
            Endpoint::Unix { path, framing: Some(framing) } => {
                Ok(self.framing(*framing).unix(path.clone()))
            }
            _ => {
                let reason = format!("{endpoint} is nothing to connect a stream to");
                Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
            }
        }
    }

    /// Keeps a TCP connection alive. A name is resolved anew at each attempt.
    ///
    /// The system is told to look every 5 s whether a peer that was silent for 10 s is still there.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use = "dropping the client closes it"]
    pub fn tcp<A>(self, address: A) -> Reconnecting
    where
        A: ToSocketAddrs + Clone + Send + Sync + 'static,
    {
        let connector = Connector::tcp(address, self.nodelay);
        self.start(connector)
    }

    /// Keeps a connection to a unix socket alive.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[cfg(unix)]
    #[must_use = "dropping the client closes it"]
    pub fn unix(self, path: impl Into<std::path::PathBuf>) -> Reconnecting {
        self.start(Connector::unix(path.into()))
    }

    /// Keeps a connection alive over whatever streams the closure makes: TLS, a serial line, a pipe
    /// in a test.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::StreamExt;
    /// use oscine_codec::Message;
    /// use oscine_transport::{PacketCodec, framing::Slip, reconnect::Reconnecting};
    /// use tokio_util::codec::Framed;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (near, far) = tokio::io::duplex(1024);
    /// let mut once = Some(near);
    /// let client = Reconnecting::builder().connect_with(move || {
    ///     let stream = once.take().ok_or(std::io::ErrorKind::ConnectionRefused.into());
    ///     async { stream }
    /// });
    /// client.send(Message::new("/go", (1,))?).await?.await?;
    ///
    /// let mut far = Framed::new(far, PacketCodec::<Slip>::default());
    /// let packet = far.next().await.ok_or("closed")???;
    /// assert_eq!(packet.to_string(), "/go ,i 1");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "dropping the client closes it"]
    pub fn connect_with<F, S>(self, connect: impl FnMut() -> F + Send + 'static) -> Reconnecting
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        self.start(Connector::new(connect))
    }

    fn start(self, connector: Connector) -> Reconnecting {
        let Self { bounds, config, inbox, counters, .. } = self;
        Reconnecting::start(connector, bounds, config, inbox, counters.unwrap_or_default())
    }
}
