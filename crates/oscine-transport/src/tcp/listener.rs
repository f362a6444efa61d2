//! A TCP socket that accepts connections.

#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::{io, net::SocketAddr, sync::Arc};

use tokio::net::{TcpListener, TcpStream};

use crate::connection::accept::{Acceptor, Source};
use crate::peer_addr::PeerAddr;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;
use crate::tcp::connection::Connection;
use crate::tcp::kind::{Tcp, canonical};

/// A TCP socket that accepts connections, up to a limit.
///
/// Dropping it closes the port; the connections that it has accepted live on.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    acceptor: Acceptor,
}

#[derive(Debug)]
struct Socket {
    socket: TcpListener,
    kind: Tcp,
}

impl Listener {
    pub(super) fn new(socket: TcpListener, kind: Tcp, acceptor: Acceptor) -> Self {
        Self { socket: Socket { socket, kind }, acceptor }
    }

    /// Accepts the next connection.
    ///
    /// It never fails. While there are as many connections as are allowed, it waits until one is
    /// dropped; the system keeps those who connect in the meantime waiting, up to the backlog. A
    /// peer that a [hook](crate::hook::Hook::connecting) turns away is closed and counted, and the
    /// next one is waited for. When accepting fails, as it does when the process has no file
    /// descriptor left, it is counted, logged and tried again, at most once a second if it keeps
    /// failing.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no connection was accepted.
    pub async fn accept(&self) -> (Connection, SocketAddr) {
        self.acceptor.accept(&self.socket).await
    }

    /// How many connections may still be accepted before one has to be dropped.
    #[must_use]
    pub fn places_left(&self) -> usize {
        self.acceptor.places_left()
    }

    /// What has gone through the connections of this listener so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters().read()
    }

    /// The counters of this listener and its connections.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        self.acceptor.counters()
    }

    /// The address to which the listener is bound.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.socket.local_addr()
    }
}

/// For options that are not offered here, and to be watched by a loop of one's own. What is read or
/// written through it passes us by.
#[cfg(unix)]
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.socket.as_fd()
    }
}

impl Source for Socket {
    type Stream = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.socket.accept().await?;
        Ok((stream, canonical(peer)))
    }

    fn peer(addr: &SocketAddr) -> PeerAddr {
        PeerAddr::Ip(*addr)
    }

    fn prepare(&self, stream: &TcpStream) {
        self.kind.prepare(stream);
    }
}
