//! How a UDP socket is made.

use std::{
    io,
    net::{self, IpAddr},
    sync::Arc,
};

use oscine_codec::DecodeOptions;
use socket2::{SockRef, Socket};
use tokio::net::{ToSocketAddrs, UdpSocket};

use crate::endpoint::host::Host;
use crate::endpoint::uri::Endpoint;
use crate::family::Family;
use crate::hook::chain::Hooks;
use crate::hook::contract::Hook;
use crate::stats::counters::Counters;
use crate::udp::interface::Interface;
use crate::udp::link::Link;
use crate::udp::multicast;
use crate::udp::offload;
use crate::udp::options::Options;
use crate::udp::socket::{Reading, Udp};

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
            options: Options::default(),
            family: Family::default(),
            groups: Vec::new(),
            gro: true,
            reading: Reading { decode: DecodeOptions::default(), max_datagram: usize::MAX },
            counters: Arc::default(),
            hooks: Hooks::default(),
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

    /// Takes over a datagram socket of the crate socket2 that is bound already, with its options as
    /// they are.
    ///
    /// # Errors
    ///
    /// If the system refuses what the receiver needs.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn from_socket2(socket: Socket) -> io::Result<Self> {
        Self::builder().wrap(socket)
    }
}

/// The options of a UDP socket.
///
/// # Examples
///
/// ```
/// use oscine_transport::udp::{Interface, Udp};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let lights = [239, 1, 2, 3];
/// let udp = Udp::builder()
///     .recv_buffer(1 << 20)
///     .join(lights, Interface::addr([127, 0, 0, 1]))
///     .bind("0.0.0.0:0")
///     .await?;
/// # let _ = udp;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is bound"]
pub struct UdpBuilder {
    options: Options,
    family: Family,
    groups: Vec<(IpAddr, Interface)>,
    gro: bool,
    reading: Reading,
    counters: Arc<Counters>,
    hooks: Hooks,
}

/// The system's options.
impl UdpBuilder {
    /// Sets which addresses of a name are taken: [`Family::Auto`] by default, that is IPv4 first.
    pub fn family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// Sets whether an IPv6 socket speaks to IPv4 hosts as well: false by default, on all systems.
    ///
    /// Bound to `[::]` it receives what is sent to any address of the host, and its IPv4 peers
    /// appear with their IPv4 addresses. Another socket cannot have the same port over IPv4 then.
    pub fn dual_stack(mut self, dual_stack: bool) -> Self {
        self.options.dual_stack = dual_stack;
        self
    }

    /// Sets the system's receive buffer in bytes: 4 MiB by default, as far as the system allows.
    ///
    /// It holds what arrives while the program does something else. What does not fit is lost: at
    /// 600,000 messages a second the usual 208 KiB overflow whenever the program is not scheduled
    /// for a moment. [`Udp::recv_buffer`] tells what the system gave.
    pub fn recv_buffer(mut self, bytes: usize) -> Self {
        self.options.recv_buffer = bytes;
        self
    }

    /// Sets the system's send buffer in bytes: what the system has by default.
    ///
    /// When it is full, sending waits. A datagram that is larger than it cannot be sent.
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.options.send_buffer = Some(bytes);
        self
    }

    /// Sets whether sending to broadcast addresses is allowed: false by default.
    ///
    /// Without it such a send is an error ([`SendError::BroadcastOff`](crate::SendError)). Packets
    /// that others broadcast arrive in any case. IPv6 has no broadcast: an IPv6 socket refuses an
    /// IPv4 address ([`SendError::OtherFamily`](crate::SendError)) unless it is
    /// [dual-stack](Self::dual_stack).
    pub fn broadcast(mut self, broadcast: bool) -> Self {
        self.options.broadcast = broadcast;
        self
    }

    /// Sets whether an address that is in use may be bound again: false by default.
    ///
    /// If all who bind it ask for it, they share the address: datagrams to one host go to the one
    /// that was bound last, broadcasts and multicasts to all. A second program started by mistake
    /// would then silently take the packets of the first.
    pub fn reuse_address(mut self, reuse_address: bool) -> Self {
        self.options.reuse_address = reuse_address;
        self
    }

    /// Sets whether several sockets may share a port and its load: false by default.
    ///
    /// The system gives each peer to one of the sockets. It does nothing where the system does not
    /// know it, as on Windows.
    pub fn reuse_port(mut self, reuse_port: bool) -> Self {
        self.options.reuse_port = reuse_port;
        self
    }

    /// Sets the device, such as `eth0`, on which alone datagrams arrive and leave: any by default.
    ///
    /// Linux knows it, and some versions want privileges. Binding fails elsewhere.
    pub fn bind_device(mut self, device: impl Into<String>) -> Self {
        self.options.device = Some(device.into());
        self
    }

    /// Sets how many routers a datagram to one host, or a broadcast, passes (TTL, hop limit): what
    /// the system has by default, mostly 64.
    ///
    /// Systems may refuse 0.
    pub fn ttl(mut self, ttl: u8) -> Self {
        self.options.ttl = Some(ttl);
        self
    }

    /// Sets how many networks a multicast reaches (TTL, hop limit): 1 by default, the nearest.
    ///
    /// 0 keeps it on this host.
    pub fn multicast_ttl(mut self, ttl: u8) -> Self {
        self.options.multicast_ttl = Some(ttl);
        self
    }

    /// Sets whether programs on this host, this one included, receive what this socket sends to
    /// groups they have joined: true by default.
    ///
    /// Windows asks this of the receiving socket.
    pub fn multicast_loopback(mut self, loopback: bool) -> Self {
        self.options.multicast_loopback = loopback;
        self
    }

    /// Sets the interface by which multicasts leave: [`Interface::Any`] by default, the one that
    /// the system's routes say.
    ///
    /// On a host with several networks that is often the wrong one.
    pub fn multicast_interface(mut self, interface: Interface) -> Self {
        self.options.multicast_interface = interface;
        self
    }

    /// Adds a multicast group to join when the socket is bound; see [`Udp::join`].
    ///
    /// Other groups on the same port do not arrive, not even those that other programs have joined.
    pub fn join(mut self, group: impl Into<IpAddr>, interface: Interface) -> Self {
        self.groups.push((group.into(), interface));
        self
    }
}

/// What happens to packets.
impl UdpBuilder {
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
        self.reading.decode = options;
        self
    }

    /// Sets the longest datagram in bytes that is decoded: no limit by default.
    ///
    /// A longer one is counted and reported as a bad packet, never delivered short.
    pub fn max_datagram(mut self, bytes: usize) -> Self {
        self.reading.max_datagram = bytes;
        self
    }

    /// Adds a [hook](crate::hook) on the bytes of packets.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(hook);
        self
    }

    /// Sets the [counters](crate::stats) to count in: its own by default.
    ///
    /// Who clones a builder makes sockets that share them.
    pub fn counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }
}

/// Making the socket.
impl UdpBuilder {
    /// Binds the socket to the first of the addresses that the system accepts.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or the system refuses each address it stands for, or an
    /// option, or a group.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no socket is bound.
    pub async fn bind(self, address: impl ToSocketAddrs) -> io::Result<Udp> {
        let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in self.family.resolve(address).await? {
            match self.options.bind(address) {
                Ok(socket) => {
                    let socket = UdpSocket::from_std(socket)?;
                    // The runtime looks at a new socket when it gets round to it. Until then a send
                    // that does not wait would be refused although there is room.
                    socket.writable().await?;
                    return self.udp(socket);
                }
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    /// Binds the socket to an endpoint, `osc.udp://host:port`.
    ///
    /// If the host is a multicast group, the socket is bound to the port on all interfaces, may
    /// share it with other programs ([`reuse_address`](Self::reuse_address)), and joins the group:
    /// on the interface set by [`multicast_interface`](Self::multicast_interface), or the one in
    /// the scope of an IPv6 address.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind), and if the endpoint is not one of UDP.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no socket is bound.
    pub async fn bind_endpoint(mut self, endpoint: &Endpoint) -> io::Result<Udp> {
        let Endpoint::Udp { host, port } = endpoint else {
            let reason = format!("{endpoint} is not an endpoint of UDP");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        };
        let address = match host {
            Host::Name(name) => return self.bind((name.as_str(), *port)).await,
            Host::Any | Host::V4(_) | Host::V6 { .. } => endpoint.resolve().await?,
        };
        if !address.ip().is_multicast() {
            return self.bind(address).await;
        }
        let interface = match host {
            Host::V6 { scope, .. } if *scope != 0 => Interface::Index(*scope),
            _ => self.options.multicast_interface.clone(),
        };
        self.options.reuse_address = true;
        let everywhere: IpAddr = match address.ip() {
            IpAddr::V4(_) => net::Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => net::Ipv6Addr::UNSPECIFIED.into(),
        };
        self.join(address.ip(), interface).bind((everywhere, *port)).await
    }

    /// Takes over a socket that is bound already.
    ///
    /// What is set here about packets applies to it, and it joins the groups. Its own options, such
    /// as broadcast and buffer sizes, stay as they are.
    ///
    /// # Errors
    ///
    /// If the system refuses what the receiver needs, or a group.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn wrap(self, socket: impl Into<net::UdpSocket>) -> io::Result<Udp> {
        let socket = socket.into();
        socket.set_nonblocking(true)?;
        self.udp(UdpSocket::from_std(socket)?)
    }

    fn udp(self, socket: UdpSocket) -> io::Result<Udp> {
        let state = offload::prepare(&socket, self.gro)?;
        for (group, interface) in &self.groups {
            multicast::join(&SockRef::from(&socket), *group, interface)?;
        }
        let link = Link::new(socket, state, self.counters, self.hooks)?;
        Ok(Udp::new(link, self.reading))
    }
}
