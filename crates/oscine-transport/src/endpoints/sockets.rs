//! The sockets from which datagrams leave.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{Arc, OnceLock},
};

use crate::stats::counters::Counters;
use crate::udp::sender::UdpSender;
use crate::udp::socket::Udp;

/// One socket for each family of addresses, bound when it is first needed unless it was given.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    v4: OnceLock<UdpSender>,
    v6: OnceLock<UdpSender>,
    #[cfg(unix)]
    unix: OnceLock<crate::unix::sender::Sender>,
    pub(super) counters: Arc<Counters>,
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
        let sender = Udp::builder()
            .counters(Arc::clone(&self.counters))
            .wrap(UdpSocket::bind(any)?)?
            .sender();
        // Another task may have been quicker; then its socket is the one.
        Ok(place.get_or_init(|| sender))
    }

    /// The socket from which to send to paths. It has no name, so nobody can reply.
    #[cfg(unix)]
    pub(super) fn unix(&self) -> io::Result<&crate::unix::sender::Sender> {
        if let Some(sender) = self.unix.get() {
            return Ok(sender);
        }
        let builder = crate::unix::datagrams::Datagrams::builder();
        let sender = builder.counters(Arc::clone(&self.counters)).unbound()?.sender();
        Ok(self.unix.get_or_init(|| sender))
    }
}
