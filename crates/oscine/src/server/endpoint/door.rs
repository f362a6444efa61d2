//! What connections come in by.

use std::future::Future;
use std::net::SocketAddr;

use futures::stream::BoxStream;
use oscine_transport::PeerAddr;
use oscine_transport::connection::{Connection, Incoming};
use oscine_transport::tcp::Listener;
#[cfg(unix)]
use oscine_transport::unix;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

use crate::peer::Peer;
use crate::server::endpoint::any_stream::AnyStream;

/// A stream of connections of any kind.
pub(crate) type AnyIncoming = Incoming<BoxStream<'static, std::io::Result<(AnyStream, PeerAddr)>>>;

/// What connections come in by.
pub(crate) trait Door: Send {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Who is at the other end.
    type From: Send;

    /// Waits for the next connection; nothing when there will be no more. Cancel safe.
    fn accept(
        &mut self,
    ) -> impl Future<Output = Option<(Connection<Self::Stream>, Self::From)>> + Send;

    fn peer(endpoint: usize, connection: u64, from: Self::From) -> Peer;
}

impl Door for Listener {
    type Stream = TcpStream;
    type From = SocketAddr;

    async fn accept(&mut self) -> Option<(Connection<TcpStream>, SocketAddr)> {
        Some(Self::accept(self).await)
    }

    fn peer(endpoint: usize, connection: u64, addr: SocketAddr) -> Peer {
        Peer::Tcp { endpoint, connection, addr }
    }
}

#[cfg(unix)]
impl Door for unix::Listener {
    type Stream = UnixStream;
    type From = PeerAddr;

    async fn accept(&mut self) -> Option<(Connection<UnixStream>, PeerAddr)> {
        Some(Self::accept(self).await)
    }

    fn peer(endpoint: usize, connection: u64, _: PeerAddr) -> Peer {
        Peer::Unix { endpoint, connection }
    }
}

impl Door for AnyIncoming {
    type Stream = AnyStream;
    type From = PeerAddr;

    async fn accept(&mut self) -> Option<(Connection<AnyStream>, PeerAddr)> {
        Self::accept(self).await
    }

    fn peer(endpoint: usize, connection: u64, addr: PeerAddr) -> Peer {
        Peer::Connection { endpoint, connection, addr }
    }
}
