//! How clients are made, for each kind of stream.

use core::{future::Future, time::Duration};
use std::io;

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::ToSocketAddrs,
};
use tracing::debug;

use crate::connection::builder::Builder;
use crate::connection::role::Any;
use crate::endpoint::host::Host;
use crate::endpoint::uri::Endpoint;
use crate::reconnect::client::Reconnecting;
use crate::reconnect::connector::Connector;
use crate::reconnect::role::Reconnect;
use crate::tcp::connection::Connection;
use crate::tcp::kind::Tcp;
#[cfg(unix)]
use crate::unix::connection::Unix;

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

    /// Begins to set options for an endpoint, or for streams that a closure makes.
    pub fn builder() -> Builder<Any, Reconnect> {
        Builder::new().reconnecting()
    }

    /// Begins to set options for TCP. The system asks after 5 s of silence whether the peer is
    /// still there, and every 5 s again ([`keep_alive`](Builder::keep_alive)).
    ///
    /// On Linux, a peer that leaves what was sent unacknowledged for 20 s is given up; elsewhere
    /// that may take a quarter of an hour.
    pub fn tcp() -> Builder<Tcp, Reconnect> {
        Connection::builder().keep_alive(KEEP_ALIVE).reconnecting()
    }

    /// Begins to set options for a unix socket.
    #[cfg(unix)]
    pub fn unix() -> Builder<Unix, Reconnect> {
        crate::unix::connection::Connection::builder().reconnecting()
    }
}

impl Builder<Tcp, Reconnect> {
    /// Keeps a connection alive. A name is resolved anew at each attempt, and the first of its
    /// addresses that accepts is taken.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
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
    /// let console = Reconnecting::tcp()
    ///     .framing(FramingKind::LengthPrefix)
    ///     .max_age(Duration::from_millis(500))
    ///     .connect("console.local:3032");
    /// # let _ = console;
    /// # }
    /// ```
    #[must_use = "dropping the client closes it"]
    pub fn connect<A>(mut self, address: A) -> Reconnecting
    where
        A: ToSocketAddrs + Clone + Send + Sync + 'static,
    {
        let builder = self.connection();
        let connector = Connector::new(move || {
            let (builder, address) = (builder.clone(), address.clone());
            async move {
                let connection = builder.connect(address).await?;
                give_up_when_unacknowledged(SockRef::from(connection.get_ref()));
                Ok(connection)
            }
        });
        self.start(connector)
    }
}

#[cfg(unix)]
impl Builder<Unix, Reconnect> {
    /// Keeps a connection to the socket at this path alive.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use = "dropping the client closes it"]
    pub fn connect(mut self, path: impl Into<std::path::PathBuf>) -> Reconnecting {
        let (builder, path) = (self.connection(), path.into());
        let connector = Connector::new(move || {
            let (builder, path) = (builder.clone(), path.clone());
            async move { builder.connect(path).await }
        });
        self.start(connector)
    }
}

impl Builder<Any, Reconnect> {
    /// Keeps a connection to this endpoint alive, in the framing that it names.
    ///
    /// Over TCP it is as from [`Reconnecting::tcp`].
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
                let Builder { kind, .. } = Reconnecting::tcp();
                let Self { options, role, .. } = self.framing(*framing);
                let builder = Builder { options, kind, role };
                Ok(match host.socket_addr(*port) {
                    Some(address) => builder.connect(address),
                    None => builder.connect((host.to_string(), *port)),
                })
            }
            #[cfg(unix)]
            Endpoint::Unix { path, framing: Some(framing) } => {
                let Builder { kind, .. } = Reconnecting::unix();
                let Self { options, role, .. } = self.framing(*framing);
                Ok(Builder { options, kind, role }.connect(path))
            }
            _ => {
                let reason = format!("{endpoint} is nothing to connect a stream to");
                Err(io::Error::new(io::ErrorKind::InvalidInput, reason))
            }
        }
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
    /// use oscine_transport::{connection, reconnect::Reconnecting};
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
    /// let mut far = connection::Builder::new().wrap(far);
    /// let packet = far.next().await.ok_or("closed")???;
    /// assert_eq!(packet.to_string(), "/go ,i 1");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "dropping the client closes it"]
    pub fn connect_with<F, S>(
        mut self,
        mut connect: impl FnMut() -> F + Send + 'static,
    ) -> Reconnecting
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let builder = self.connection();
        let connector = Connector::new(move || {
            let (builder, stream) = (builder.clone(), connect());
            async move { Ok(builder.wrap(stream.await?)) }
        });
        self.start(connector)
    }
}

/// Without it a peer whose cable was pulled is given up only after a quarter of an hour, and all
/// that was sent in that time is gone: keep-alive asks only where nothing waits to be acknowledged.
fn give_up_when_unacknowledged(socket: SockRef<'_>) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED)) {
        debug!(%error, "user timeout left as it was");
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let _ = socket;
}

/// After how much silence the system asks whether the peer is still there, and how often then.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long the peer may leave what was sent unacknowledged.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
