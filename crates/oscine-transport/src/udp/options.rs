//! The system's options of a socket.

use std::{
    io,
    net::{self, SocketAddr},
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tracing::debug;

use crate::udp::interface::Interface;
use crate::udp::multicast;
use crate::udp::reach::Reach;

/// The system's options of a socket; what is `None` stays as the system has it.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) recv_buffer: usize,
    pub(super) send_buffer: Option<usize>,
    pub(super) broadcast: bool,
    pub(super) reuse_address: bool,
    pub(super) reuse_port: bool,
    pub(super) dual_stack: bool,
    pub(super) device: Option<String>,
    pub(super) ttl: Option<u8>,
    pub(super) multicast_ttl: Option<u8>,
    pub(super) multicast_loopback: bool,
    pub(super) multicast_interface: Interface,
}

impl Options {
    /// Makes a socket with these options, and binds it.
    pub(super) fn bind(&self, address: SocketAddr) -> io::Result<net::UdpSocket> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        let reach = match (address.is_ipv6(), self.dual_stack) {
            (false, _) => Reach::V4,
            (true, false) => Reach::V6,
            (true, true) => Reach::Both,
        };
        socket.set_nonblocking(true)?;
        if reach.v6() {
            socket.set_only_v6(reach == Reach::V6)?;
        }
        self.set_sharing(&socket)?;
        self.set_buffers(&socket)?;
        if let Some(device) = &self.device {
            device::bind(&socket, device)?;
        }
        socket.set_broadcast(self.broadcast && reach.v4())?;
        if let Some(ttl) = self.ttl {
            set_ttl(&socket, reach, ttl)?;
        }
        self.set_multicast(&socket, reach)?;
        socket.bind(&address.into())?;
        Ok(socket.into())
    }

    fn set_sharing(&self, socket: &Socket) -> io::Result<()> {
        socket.set_reuse_address(self.reuse_address)?;
        #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
        socket.set_reuse_port(self.reuse_port)?;
        #[cfg(not(all(unix, not(any(target_os = "solaris", target_os = "illumos")))))]
        let _ = self.reuse_port;
        Ok(())
    }

    fn set_buffers(&self, socket: &Socket) -> io::Result<()> {
        set_recv_buffer(socket, self.recv_buffer);
        match self.send_buffer {
            Some(bytes) => socket.set_send_buffer_size(bytes),
            None => Ok(()),
        }
    }

    fn set_multicast(&self, socket: &Socket, reach: Reach) -> io::Result<()> {
        // Linux would deliver what is sent to groups that other programs have joined.
        #[cfg(target_os = "linux")]
        {
            // Only IPv6 sockets know the second, and only since Linux 4.20.
            let _ = socket.set_multicast_all_v4(false);
            let _ = socket.set_multicast_all_v6(false);
        }
        if let Some(ttl) = self.multicast_ttl {
            multicast::set_ttl(socket, reach, ttl)?;
        }
        if !self.multicast_loopback {
            multicast::set_loopback(socket, reach, false)?;
        }
        match &self.multicast_interface {
            Interface::Any => Ok(()),
            interface => multicast::set_interface(socket, reach, interface),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            recv_buffer: DEFAULT_RECV_BUFFER,
            send_buffer: None,
            broadcast: false,
            reuse_address: false,
            reuse_port: false,
            dual_stack: false,
            device: None,
            ttl: None,
            multicast_ttl: None,
            multicast_loopback: true,
            multicast_interface: Interface::Any,
        }
    }
}

/// Sets how many routers a datagram to one host, or a broadcast, passes.
pub(super) fn set_ttl(socket: &Socket, reach: Reach, ttl: u8) -> io::Result<()> {
    if reach.v4() {
        socket.set_ttl_v4(ttl.into())?;
    }
    if reach.v6() {
        socket.set_unicast_hops_v6(ttl.into())?;
    }
    Ok(())
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

mod device {
    use std::io;

    use socket2::Socket;

    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    pub(super) fn bind(socket: &Socket, device: &str) -> io::Result<()> {
        socket.bind_device(Some(device.as_bytes())).map_err(|error| {
            let reason = format!("cannot bind to device {device:?}: {error}");
            io::Error::new(error.kind(), reason)
        })
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "fuchsia")))]
    pub(super) fn bind(_: &Socket, device: &str) -> io::Result<()> {
        let reason = format!("this system cannot bind a socket to device {device:?}");
        Err(io::Error::new(io::ErrorKind::Unsupported, reason))
    }
}

/// What holds a burst of some 20,000 small messages; see `docs/defaults.md`.
const DEFAULT_RECV_BUFFER: usize = 4 * 1024 * 1024;
