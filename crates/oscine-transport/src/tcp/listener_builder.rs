//! How a listener is made.

use std::{io, net, net::SocketAddr};

use oscine_codec::DecodeOptions;
use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};

use crate::framing::kind::FramingKind;
use crate::tcp::config::Config;
use crate::tcp::listener::Listener;

impl Listener {
    /// Binds a listener with the default options; see [`ListenerBuilder`].
    ///
    /// Port 0 is any free port; [`local_addr`](Self::local_addr) tells which.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or the system refuses each address it stands for.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no socket is bound.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        Self::builder().bind(address).await
    }

    /// Begins to set options.
    pub fn builder() -> ListenerBuilder {
        ListenerBuilder { config: Config::default(), max_connections: 500, backlog: 300 }
    }
}

/// The options of a listener and of the connections it accepts.
///
/// # Examples
///
/// ```
/// use oscine_transport::tcp::Listener;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let listener = Listener::builder().max_connections(32).bind("127.0.0.1:0").await?;
/// assert_eq!(listener.places_left(), 32);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is bound"]
pub struct ListenerBuilder {
    config: Config,
    max_connections: usize,
    backlog: u32,
}

impl ListenerBuilder {
    /// Sets the framing: [`FramingKind::Auto`] by default, which finds out what each peer uses.
    pub fn framing(mut self, framing: FramingKind) -> Self {
        self.config.framing = framing;
        self
    }

    /// Sets the longest packet in bytes, both ways: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`](crate::framing::DEFAULT_MAX_FRAME)).
    ///
    /// Each peer can make us hold this much, over SLIP twice as much, so worst-case memory use is
    /// this times the number of connections. A longer packet is dropped over SLIP, and ends the
    /// connection over length prefixes.
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.config.max_frame = bytes;
        self
    }

    /// Sets how packets are decoded: [`DecodeOptions::default`] by default.
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.config.decode = options;
        self
    }

    /// Sets `TCP_NODELAY` on the connections: true by default.
    ///
    /// Without it the system may hold a small packet back until the one before it was acknowledged,
    /// which takes up to a fifth of a second.
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.config.nodelay = nodelay;
        self
    }

    /// Sets how many connections there may be at a time: 500 by default.
    ///
    /// Further peers wait in the backlog until a connection is dropped. Each connection takes a
    /// file descriptor, of which a process often has 1,024.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how many peers the system keeps waiting to be accepted: 300 by default.
    ///
    /// When it is full, peers are refused or connect late. The system may allow fewer.
    pub fn backlog(mut self, peers: u32) -> Self {
        self.backlog = peers;
        self
    }

    /// Binds the listener to the first of the addresses that the system accepts.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or the system refuses each address it stands for.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no socket is bound.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Listener> {
        let mut refused = None;
        for address in lookup_host(address).await? {
            match self.bind_to(address) {
                Ok(socket) => return Ok(Listener::new(socket, self.config, self.max_connections)),
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address")
        }))
    }

    /// Takes over a socket that is bound and listens already.
    ///
    /// # Errors
    ///
    /// If the system refuses to make it non-blocking.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn wrap(self, socket: net::TcpListener) -> io::Result<Listener> {
        socket.set_nonblocking(true)?;
        let socket = TcpListener::from_std(socket)?;
        Ok(Listener::new(socket, self.config, self.max_connections))
    }

    fn bind_to(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // On unix this lets the port be bound again while old connections linger, and no more. On
        // Windows it would let two programs listen on one port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(self.backlog)
    }
}
