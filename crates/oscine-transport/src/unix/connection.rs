//! Connections over unix sockets.

use std::{io, path::Path};

use tokio::net::UnixStream;

use crate::connection::builder::Builder;
use crate::connection::connection;
use crate::connection::options::Options;
use crate::connection::role::Connect;
use crate::framing::kind::FramingKind;
use crate::peer_addr::PeerAddr;
use crate::unix::address;

/// A [`Builder`] of unix sockets.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Unix;

/// A [connection](connection::Connection) over a unix socket.
pub type Connection = connection::Connection<UnixStream>;

/// The [options](Builder) of a connection over a unix socket.
pub type ConnectionBuilder = Builder<Unix, Connect>;

/// Connects to a path with this framing and the default options.
///
/// With [`FramingKind::Auto`] SLIP is written until the peer has been heard.
///
/// # Errors
///
/// If there is no socket at the path, nobody listens, or the path is longer than the system takes,
/// which is about 100 bytes.
///
/// # Cancel safety
///
/// This function is cancel safe. If it does not complete, there is no connection.
pub async fn connect(path: impl AsRef<Path>, framing: FramingKind) -> io::Result<Connection> {
    Connection::builder().framing(framing).connect(path).await
}

impl Connection {
    /// Begins to set options.
    pub fn builder() -> ConnectionBuilder {
        Builder { options: Options::new(), kind: Unix, role: Connect }
    }
}

impl Builder<Unix, Connect> {
    /// Connects to a path.
    ///
    /// # Errors
    ///
    /// If there is no socket at the path, nobody listens, or the path is longer than the system
    /// takes, which is about 100 bytes.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, there is no connection.
    pub async fn connect(self, path: impl AsRef<Path>) -> io::Result<Connection> {
        Ok(self.wrap(UnixStream::connect(path).await?))
    }

    /// Takes over a stream that is connected already.
    #[must_use]
    pub fn wrap(self, stream: UnixStream) -> Connection {
        let peer = stream.peer_addr().map_or(PeerAddr::Unnamed, |addr| address::peer(&addr));
        Connection::new(stream, peer, &self.options, None)
    }
}
