//! Clients of sockets that are at hand.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use oscine_transport::PeerAddr;
use oscine_transport::connection::Connection;
use oscine_transport::reconnect::Reconnecting;
use oscine_transport::udp::Udp;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::client::builder::ClientBuilder;
use crate::client::client::Client;
use crate::client::inlet::Inlet;
use crate::client::line::Line;
use crate::client::shared::{Parts, Shared};
use crate::client::way::Way;
use crate::client::writing::Writing;

impl Client {
    /// A client on a [connection](oscine_transport::connection) that is at hand, over whatever
    /// stream of bytes: TLS, a serial line, a pipe in a test.
    ///
    /// # Examples
    ///
    /// ```
    /// use futures::StreamExt;
    /// use oscine::Client;
    /// use oscine::transport::connection::Builder;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (near, far) = tokio::io::duplex(1024);
    /// let client = Client::from_connection(Builder::new().wrap(near));
    /// client.send(("/led", (1, true))).await?;
    ///
    /// let mut device = Builder::new().wrap(far);
    /// assert_eq!(device.next().await.ok_or("closed")???.to_string(), "/led ,iT 1 true");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_connection<S>(connection: Connection<S>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self::builder().wrap(connection)
    }

    /// A client of one peer on a UDP socket that is at hand, which is connected to the peer.
    ///
    /// # Errors
    ///
    /// If the socket does not reach the address.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn from_udp(udp: Udp, peer: SocketAddr) -> io::Result<Self> {
        Self::builder().wrap_udp(udp, peer).await
    }
}

/// Clients of sockets that are at hand. What is set here about sockets and packets does not reach
/// them; they have options of their own.
impl ClientBuilder {
    /// Makes a client of a connection; see [`Client::from_connection`].
    #[must_use]
    pub fn wrap<S>(self, connection: Connection<S>) -> Client
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.client(stream(connection, None))
    }

    /// Makes a client of one peer of a UDP socket, which is connected to it unless it is to
    /// [hear anyone](Self::hear_anyone).
    ///
    /// # Errors
    ///
    /// If the socket does not reach the address.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn wrap_udp(self, socket: Udp, peer: SocketAddr) -> io::Result<Client> {
        let parts = udp(socket, peer, self.hears_anyone(peer)).await?;
        Ok(self.client(parts))
    }

    /// Makes a client of one peer of a socket for unix datagrams, which is connected to it.
    ///
    /// # Errors
    ///
    /// If there is no socket at the path, or it takes no datagrams.
    #[cfg(unix)]
    pub fn wrap_datagrams(
        self,
        socket: oscine_transport::unix::Datagrams,
        peer: impl Into<std::path::PathBuf>,
    ) -> io::Result<Client> {
        let peer = peer.into();
        socket.connect(&peer)?;
        Ok(self.client(datagrams(socket, PeerAddr::Unix(peer))))
    }

    /// Makes a client of a [client that reconnects](oscine_transport::reconnect), for instance over
    /// TLS.
    #[must_use]
    pub fn wrap_reconnecting(self, client: Reconnecting) -> Client {
        self.client(reconnecting(client))
    }

    pub(crate) fn client(self, parts: Parts) -> Client {
        Client::new(Shared::new(parts, self.timeout))
    }
}

/// The parts of a UDP socket; unless anyone is to be heard, it is connected.
pub(crate) async fn udp(udp: Udp, peer: SocketAddr, hear_anyone: bool) -> io::Result<Parts> {
    if !hear_anyone {
        udp.connect(peer).await?;
    }
    Ok(Parts {
        way: Way::Udp { sender: udp.sender(), to: hear_anyone.then_some(peer) },
        counters: Arc::clone(udp.counters()),
        local_addr: udp.local_addr().ok(),
        peer: peer.into(),
        inlet: Inlet::Udp(Box::new(udp)),
    })
}

/// The parts of a connection.
pub(crate) fn stream<S>(connection: Connection<S>, local_addr: Option<SocketAddr>) -> Parts
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let counters = Arc::clone(connection.counters());
    let peer = connection.peer().clone();
    let line = Line::new(connection);
    Parts {
        way: Way::Stream(Writing::new(line.clone())),
        inlet: Inlet::Stream(Box::pin(line)),
        counters,
        local_addr,
        peer,
    }
}

/// The parts of a client that reconnects.
pub(crate) fn reconnecting(client: Reconnecting) -> Parts {
    Parts {
        way: Way::Reconnecting(client.sender()),
        counters: Arc::clone(client.counters()),
        local_addr: None,
        peer: PeerAddr::Unnamed,
        inlet: Inlet::Reconnecting(Box::new(client)),
    }
}

/// The parts of a socket for unix datagrams that is connected.
#[cfg(unix)]
pub(crate) fn datagrams(socket: oscine_transport::unix::Datagrams, peer: PeerAddr) -> Parts {
    Parts {
        way: Way::Datagrams(socket.sender()),
        counters: Arc::clone(socket.counters()),
        local_addr: None,
        peer,
        inlet: Inlet::Datagrams(Box::new(socket)),
    }
}
