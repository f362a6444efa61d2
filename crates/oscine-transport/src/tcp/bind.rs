//! How a TCP listener is made.

use std::{io, net, net::SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, ToSocketAddrs};

use crate::connection::accept::Acceptor;
use crate::connection::builder::Builder;
use crate::connection::options::Options;
use crate::connection::role::Listen;
use crate::tcp::kind::Tcp;
use crate::tcp::listener::Listener;

/// The [options](Builder) of a TCP listener and of the connections it accepts.
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
pub type ListenerBuilder = Builder<Tcp, Listen>;

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
        Builder { options: Options::for_listener(), kind: Tcp::new(), role: Listen::new() }
    }
}

impl Builder<Tcp, Listen> {
    /// Sets whether an IPv6 socket takes IPv4 peers as well: false by default, on all systems.
    ///
    /// It matters where the address is `[::]`. IPv4 peers appear with their IPv4 addresses. By
    /// default an IPv4 socket can be bound to the same port beside it.
    pub fn dual_stack(mut self, dual_stack: bool) -> Self {
        self.kind.dual_stack = dual_stack;
        self
    }

    /// Sets whether several listeners may share the port and its load: false by default.
    ///
    /// The system gives each peer to one of them, so a second program started by mistake would
    /// silently take some of the peers of the first. It does nothing where the system does not know
    /// it, as on Windows.
    pub fn reuse_port(mut self, reuse_port: bool) -> Self {
        self.kind.reuse_port = reuse_port;
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
        let mut refused = io::ErrorKind::AddrNotAvailable.into();
        for address in self.kind.family.resolve(address).await? {
            match self.bind_to(address) {
                Ok(socket) => return self.wrap(socket),
                Err(error) => refused = error,
            }
        }
        Err(refused)
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
        let acceptor = Acceptor::new(self.options, self.role.max_connections);
        Ok(Listener::new(socket, self.kind, acceptor))
    }

    fn bind_to(&self, address: SocketAddr) -> io::Result<net::TcpListener> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(!self.kind.dual_stack)?;
        }
        // On unix this lets the port be bound again while old connections linger, and no more. On
        // Windows it would let two programs listen on one port.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
        socket.set_reuse_port(self.kind.reuse_port)?;
        #[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos")))))]
        let _ = self.kind.reuse_port;
        socket.bind(&address.into())?;
        socket.listen(i32::try_from(self.role.backlog).unwrap_or(i32::MAX))?;
        Ok(socket.into())
    }
}
