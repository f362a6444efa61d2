//! The sockets from which datagrams leave.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::OnceLock,
};

use crate::udp::sender::UdpSender;
use crate::udp::socket::Udp;

/// One socket for each family of addresses, bound when it is first needed unless it was given.
#[derive(Debug, Clone, Default)]
pub(super) struct Sockets {
    v4: OnceLock<UdpSender>,
    v6: OnceLock<UdpSender>,
}

impl Sockets {
    /// Takes a socket for the family of its address.
    pub(super) fn give(&mut self, sender: UdpSender) {
        let v6 = sender.local_addr().is_ok_and(|addr| addr.is_ipv6());
        *(if v6 { &mut self.v6 } else { &mut self.v4 }) = OnceLock::from(sender);
    }

    /// The socket from which to send to this address.
    pub(super) fn socket_for(&self, addr: SocketAddr) -> io::Result<&UdpSender> {
        let (place, any) = match addr {
            SocketAddr::V4(_) => (&self.v4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))),
            SocketAddr::V6(_) => (&self.v6, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))),
        };
        if let Some(sender) = place.get() {
            return Ok(sender);
        }
        let sender = Udp::from_std(UdpSocket::bind(any)?)?.sender();
        // Another task may have been quicker; then its socket is the one.
        Ok(place.get_or_init(|| sender))
    }
}
