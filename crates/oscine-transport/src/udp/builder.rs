//! How a UDP socket is made.

use std::{io, net, net::SocketAddr};

use oscine_codec::DecodeOptions;
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{ToSocketAddrs, UdpSocket, lookup_host};
use tracing::debug;

use crate::udp::offload;
use crate::udp::socket::Udp;

impl Udp {
    /// Binds a socket with the default options; see [`UdpBuilder`].
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
    pub fn builder() -> UdpBuilder {
        UdpBuilder {
            recv_buffer: Some(DEFAULT_RECV_BUFFER),
            send_buffer: None,
            broadcast: false,
            reuse_address: false,
            reuse_port: false,
            gro: true,
            decode: DecodeOptions::default(),
            max_datagram: usize::MAX,
        }
    }

    /// Takes over a socket that is bound already, with its options as they are.
    ///
    /// # Errors
    ///
    /// If the system refuses what the receiver needs.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn from_std(socket: net::UdpSocket) -> io::Result<Self> {
        Self::builder().wrap(socket)
    }
}

/// The options of a UDP socket.
///
/// # Examples
///
/// ```
/// use oscine_transport::udp::Udp;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let udp = Udp::builder().broadcast(true).recv_buffer(1 << 20).bind("0.0.0.0:0").await?;
/// # let _ = udp;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is bound"]
pub struct UdpBuilder {
    recv_buffer: Option<usize>,
    send_buffer: Option<usize>,
    broadcast: bool,
    reuse_address: bool,
    reuse_port: bool,
    gro: bool,
    decode: DecodeOptions,
    max_datagram: usize,
}

impl UdpBuilder {
    /// Sets the system's receive buffer in bytes: 4 MiB by default, as far as the system allows.
    ///
    /// It holds what arrives while the program does something else. What does not fit is lost: at
    /// 600,000 messages a second the usual 208 KiB overflow whenever the program is not scheduled
    /// for a moment. [`Udp::recv_buffer`] tells what the system gave.
    pub fn recv_buffer(mut self, bytes: usize) -> Self {
        self.recv_buffer = Some(bytes);
        self
    }

    /// Sets the system's send buffer in bytes: what the system has by default.
    ///
    /// When it is full, sending waits. A datagram that is larger than it cannot be sent.
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = Some(bytes);
        self
    }

    /// Sets whether sending to broadcast addresses is allowed: false by default.
    ///
    /// Without it such a send is an error ([`SendError::BroadcastOff`](crate::SendError)). Packets
    /// that others broadcast arrive in any case. IPv6 has no broadcast.
    pub fn broadcast(mut self, broadcast: bool) -> Self {
        self.broadcast = broadcast;
        self
    }

    /// Sets whether an address that is in use may be bound again: false by default.
    ///
    /// If all who bind it ask for it, they share the address: datagrams to one host go to the one
    /// that was bound last, broadcasts and multicasts to all. A second program started by mistake
    /// would then silently take the packets of the first.
    pub fn reuse_address(mut self, reuse_address: bool) -> Self {
        self.reuse_address = reuse_address;
        self
    }

    /// Sets whether several sockets may share a port and its load: false by default.
    ///
    /// The system gives each peer to one of the sockets. It does nothing where the system does not
    /// know it, as on Windows.
    pub fn reuse_port(mut self, reuse_port: bool) -> Self {
        self.reuse_port = reuse_port;
        self
    }

    /// Sets whether the system may hand over datagrams of one sender joined (GRO): true by default.
    ///
    /// They come apart again before anyone sees them. Without it each read costs more; it is there
    /// for measuring, and for systems where it is broken. Only Linux joins datagrams.
    pub fn gro(mut self, gro: bool) -> Self {
        self.gro = gro;
        self
    }

    /// Sets how packets are decoded: [`DecodeOptions::default`] by default.
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.decode = options;
        self
    }

    /// Sets the longest datagram in bytes that is decoded: no limit by default.
    ///
    /// A longer one is counted and reported as a bad packet, never delivered short.
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.max_datagram = bytes;
        self
    }

    /// Binds the socket to the first of the addresses that the system accepts.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or the system refuses each address it stands for.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no socket is bound.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Udp> {
        let mut refused = None;
        for address in lookup_host(address).await? {
            match self.bind_to(address) {
                Ok(socket) => {
                    let socket = UdpSocket::from_std(socket)?;
                    // The runtime looks at a new socket when it gets round to it. Until then a send
                    // that does not wait would be refused although there is room.
                    socket.writable().await?;
                    return self.udp(socket);
                }
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address")
        }))
    }

    /// Takes over a socket that is bound already.
    ///
    /// What is set here about packets applies to it. Its own options, such as broadcast and buffer
    /// sizes, stay as they are.
    ///
    /// # Errors
    ///
    /// If the system refuses what the receiver needs.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn wrap(self, socket: net::UdpSocket) -> io::Result<Udp> {
        socket.set_nonblocking(true)?;
        self.udp(UdpSocket::from_std(socket)?)
    }

    fn udp(&self, socket: UdpSocket) -> io::Result<Udp> {
        let state = offload::prepare(&socket, self.gro)?;
        Ok(Udp::new(socket, state, self.decode, self.max_datagram))
    }

    fn bind_to(&self, address: SocketAddr) -> io::Result<net::UdpSocket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_broadcast(self.broadcast && address.is_ipv4())?;
        socket.set_reuse_address(self.reuse_address)?;
        #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
        socket.set_reuse_port(self.reuse_port)?;
        #[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos")))))]
        let _ = self.reuse_port;
        if let Some(bytes) = self.recv_buffer {
            set_recv_buffer(&socket, bytes);
        }
        if let Some(bytes) = self.send_buffer {
            socket.set_send_buffer_size(bytes)?;
        }
        socket.bind(&address.into())?;
        Ok(socket.into())
    }
}

/// Asks for a receive buffer; a smaller one is no reason to refuse work.
fn set_recv_buffer(socket: &Socket, bytes: usize) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if rustix::net::sockopt::set_socket_recv_buffer_size_force(socket, bytes).is_ok() {
        return;
    }
    if let Err(error) = socket.set_recv_buffer_size(bytes) {
        debug!(%error, bytes, "receive buffer left as it was");
        return;
    }
    match SockRef::from(socket).recv_buffer_size() {
        Ok(size) if size < bytes => {
            debug!(asked = bytes, size, "the system allows a smaller receive buffer");
        }
        _ => {}
    }
}

/// What holds a burst of some 20,000 small messages; see `docs/defaults.md`.
const DEFAULT_RECV_BUFFER: usize = 4 * 1024 * 1024;
