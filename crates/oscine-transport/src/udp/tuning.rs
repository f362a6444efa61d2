//! The system's options of a socket, while it is in use.

use std::io;

use socket2::SockRef;

use crate::udp::options;
use crate::udp::socket::Udp;

/// The system's options, while the socket is in use.
impl Udp {
    /// The size of the system's receive buffer in bytes, which may be less than was asked for.
    ///
    /// Linux reports twice the size that is set, and uses the rest for its own book-keeping.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn recv_buffer(&self) -> io::Result<usize> {
        SockRef::from(&self.link.socket).recv_buffer_size()
    }

    /// The size of the system's send buffer in bytes; Linux reports twice what is set.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn send_buffer(&self) -> io::Result<usize> {
        SockRef::from(&self.link.socket).send_buffer_size()
    }

    /// Sets whether sending to broadcast addresses is allowed, as
    /// [`UdpBuilder::broadcast`](crate::udp::UdpBuilder::broadcast).
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.link.socket.set_broadcast(broadcast)
    }

    /// Sets how many routers a datagram to one host passes, as
    /// [`UdpBuilder::ttl`](crate::udp::UdpBuilder::ttl).
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn set_ttl(&self, ttl: u8) -> io::Result<()> {
        options::set_ttl(&SockRef::from(&self.link.socket), self.link.reach, ttl)
    }
}
