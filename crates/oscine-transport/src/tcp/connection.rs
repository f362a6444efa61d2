//! Connections over TCP.

use std::{io, net::SocketAddr};

use tokio::net::{TcpSocket, TcpStream, ToSocketAddrs};

use crate::connection::builder::Builder;
use crate::connection::connection;
use crate::connection::options::Options;
use crate::connection::role::Connect;
use crate::family::Family;
use crate::framing::kind::FramingKind;
use crate::peer_addr::PeerAddr;
use crate::tcp::kind::{Tcp, canonical};

/// A [connection](connection::Connection) over TCP.
pub type Connection = connection::Connection<TcpStream>;

/// The [options](Builder) of a connection over TCP.
///
/// # Examples
///
/// ```no_run
/// use oscine_transport::{framing::FramingKind, tcp::Connection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let connection = Connection::builder()
///     .framing(FramingKind::LengthPrefix)
///     .max_frame(64 * 1024)
///     .connect("console.local:3032")
///     .await?;
/// # let _ = connection;
/// # Ok(())
/// # }
/// ```
pub type ConnectionBuilder = Builder<Tcp, Connect>;

/// Connects with this framing and the default options.
///
/// With [`FramingKind::Auto`] SLIP is written until the peer has been heard.
///
/// # Errors
///
/// If the address cannot be resolved, or nobody accepts at any of those it stands for.
///
/// # Cancel safety
///
/// This function is cancel safe. If it does not complete, there is no connection.
pub async fn connect(address: impl ToSocketAddrs, framing: FramingKind) -> io::Result<Connection> {
    Connection::builder().framing(framing).connect(address).await
}

impl Connection {
    /// Begins to set options.
    pub fn builder() -> ConnectionBuilder {
        Builder { options: Options::new(), kind: Tcp::new(), role: Connect }
    }

    /// The address of the peer.
    ///
    /// # Errors
    ///
    /// If the system cannot tell, as when the connection is broken.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().peer_addr().map(canonical)
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }
}

impl Builder<Tcp, Connect> {
    /// Sets the address of this side: any that is free by default.
    ///
    /// Only addresses of the same family are connected to then.
    ///
    /// A fixed port can be used for one connection to the same peer at a time, and not again for
    /// a minute after it was closed from this side.
    pub fn local_addr(mut self, address: SocketAddr) -> Self {
        self.kind.local_addr = Some(address);
        self
    }

    /// Connects to the first of the addresses that accepts.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or nobody accepts at any of those it stands for.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, there is no connection.
    pub async fn connect(self, address: impl ToSocketAddrs) -> io::Result<Connection> {
        let family = match self.kind.local_addr {
            None => self.kind.family,
            Some(SocketAddr::V4(_)) => Family::V4,
            Some(SocketAddr::V6(_)) => Family::V6,
        };
        let addresses = family.resolve(address).await?;
        let stream = match self.kind.local_addr {
            None => TcpStream::connect(&addresses[..]).await?,
            Some(local) => connect_from(local, addresses).await?,
        };
        Ok(self.wrap(stream))
    }

    /// Takes over a stream that is connected already.
    #[must_use]
    pub fn wrap(self, stream: TcpStream) -> Connection {
        self.kind.prepare(&stream);
        let peer = stream.peer_addr().map_or(PeerAddr::Unnamed, |peer| canonical(peer).into());
        Connection::new(stream, peer, &self.options, None)
    }
}

/// Connects from an address to the first that accepts of some that are of its family.
async fn connect_from(local: SocketAddr, addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut refused = io::ErrorKind::AddrNotAvailable.into();
    for address in addresses {
        let socket = if local.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.bind(local)?;
        match socket.connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}
