//! How a stream to the peer is made, again and again.

use core::{fmt, future::Future, pin::Pin, time::Duration};
use std::io;

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, ToSocketAddrs},
};
use tracing::debug;

use crate::peer_addr::PeerAddr;

/// A stream of bytes in both directions.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<S: AsyncRead + AsyncWrite + Send> Duplex for S {}

pub(super) type Stream = Pin<Box<dyn Duplex>>;

type Connecting = Pin<Box<dyn Future<Output = io::Result<(Stream, PeerAddr)>> + Send>>;

/// Makes a stream to the peer, whenever it is asked to.
pub(super) struct Connector(Box<dyn FnMut() -> Connecting + Send>);

impl Connector {
    /// Makes streams by this closure.
    pub(super) fn new<F, S>(mut connect: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self::named(move || {
            let stream = connect();
            async move { Ok((stream.await?, PeerAddr::Unnamed)) }
        })
    }

    /// Connects over TCP to the first address that accepts, of those the name stands for then.
    pub(super) fn tcp<A>(address: A, nodelay: bool) -> Self
    where
        A: ToSocketAddrs + Clone + Send + Sync + 'static,
    {
        Self::named(move || {
            let address = address.clone();
            async move {
                let stream = TcpStream::connect(address).await?;
                let peer = stream.peer_addr()?.into();
                set_options(&stream, nodelay);
                Ok((stream, peer))
            }
        })
    }

    /// Connects to a unix socket.
    #[cfg(unix)]
    pub(super) fn unix(path: std::path::PathBuf) -> Self {
        Self::named(move || {
            let path = path.clone();
            async move {
                let stream = tokio::net::UnixStream::connect(&path).await?;
                Ok((stream, PeerAddr::Unix(path)))
            }
        })
    }

    pub(super) async fn connect(&mut self) -> io::Result<(Stream, PeerAddr)> {
        (self.0)().await
    }

    fn named<F, S>(mut connect: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<(S, PeerAddr)>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self(Box::new(move || {
            let connected = connect();
            Box::pin(async move {
                let (stream, peer) = connected.await?;
                Ok((Box::pin(stream) as Stream, peer))
            })
        }))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// The stream works without these options, a little worse.
fn set_options(stream: &TcpStream, nodelay: bool) {
    if let Err(error) = stream.set_nodelay(nodelay) {
        debug!(%error, nodelay, "TCP_NODELAY left as it was");
    }
    // Without it a peer whose cable was pulled is missed only when something is sent, and then
    // after a quarter of an hour.
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&keepalive) {
        debug!(%error, "keep-alive left as it was");
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(DEAD_AFTER)) {
        debug!(%error, "user timeout left as it was");
    }
}

/// When the system begins to ask whether a silent peer is still there, and how often it asks.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(10);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);

/// How long the peer may leave bytes unacknowledged before the system gives it up.
#[cfg(any(target_os = "linux", target_os = "android"))]
const DEAD_AFTER: Duration = Duration::from_secs(20);
