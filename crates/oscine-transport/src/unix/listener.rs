//! A unix socket that accepts connections.

use std::os::fd::{AsFd, BorrowedFd};
use std::{io, os::unix::net, path::Path, sync::Arc};

use tokio::net::{UnixListener, UnixSocket, UnixStream, unix::SocketAddr};

use crate::connection::accept::{Acceptor, Source};
use crate::connection::builder::Builder;
use crate::connection::options::Options;
use crate::connection::role::Listen;
use crate::peer_addr::PeerAddr;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;
use crate::unix::address;
use crate::unix::connection::{Connection, Unix};
use crate::unix::file::SocketFile;

/// A unix socket that accepts connections, up to a limit.
///
/// Dropping it closes the socket and removes its file; the connections that it has accepted live
/// on.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    acceptor: Acceptor,
    /// Removed with the listener; `None` if somebody else made the socket.
    file: Option<SocketFile>,
}

/// The [options](Builder) of a listener at a path and of the connections it accepts.
pub type ListenerBuilder = Builder<Unix, Listen>;

impl Listener {
    /// Binds a listener to a path with the default options; see [`ListenerBuilder`].
    ///
    /// # Errors
    ///
    /// As for [`Builder::bind`](Builder::<Unix, Listen>::bind).
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::builder().bind(path)
    }

    /// Begins to set options.
    pub fn builder() -> ListenerBuilder {
        Builder { options: Options::for_listener(), kind: Unix, role: Listen::new() }
    }

    /// Accepts the next connection, and says from whom: mostly from somebody without a name.
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
    pub async fn accept(&self) -> (Connection, PeerAddr) {
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

    /// The path of the socket, absolute; `None` if somebody else bound it.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(SocketFile::path)
    }
}

/// For options that are not offered here, and to be watched by a loop of one's own. What is read or
/// written through it passes us by.
impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Builder<Unix, Listen> {
    /// Binds the listener to a path, at which it makes a file.
    ///
    /// # Errors
    ///
    /// If there is something at the path already ([`io::ErrorKind::AddrInUse`]), even if it is the
    /// socket of a program that has ended without removing it; if the folder cannot be written to;
    /// if the path is longer than the system takes, which is about 100 bytes.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn bind(self, path: impl AsRef<Path>) -> io::Result<Listener> {
        let path = path.as_ref();
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        let file = SocketFile::adopt(path)?;
        let socket = socket.listen(self.role.backlog)?;
        Ok(self.listener(socket, Some(file)))
    }

    /// Takes over a socket that is bound and listens already. Its file stays when it is dropped.
    ///
    /// # Errors
    ///
    /// If the system refuses to make it non-blocking.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn wrap(self, socket: net::UnixListener) -> io::Result<Listener> {
        socket.set_nonblocking(true)?;
        let socket = UnixListener::from_std(socket)?;
        Ok(self.listener(socket, None))
    }

    fn listener(self, socket: UnixListener, file: Option<SocketFile>) -> Listener {
        let acceptor = Acceptor::new(self.options, self.role.max_connections);
        Listener { socket, acceptor, file }
    }
}

impl Source for UnixListener {
    type Stream = UnixStream;
    type Addr = PeerAddr;

    async fn accept(&self) -> io::Result<(UnixStream, PeerAddr)> {
        let (stream, addr): (_, SocketAddr) = Self::accept(self).await?;
        Ok((stream, address::peer(&addr)))
    }

    fn peer(addr: &PeerAddr) -> PeerAddr {
        addr.clone()
    }
}
