//! Multicast groups.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use socket2::{SockRef, Socket};

use crate::udp::group_error::GroupError;
use crate::udp::interface::Interface;
use crate::udp::reach::Reach;
use crate::udp::socket::Udp;

/// Multicast groups. The system leaves all of them when the socket is closed.
impl Udp {
    /// Joins a multicast group: what is sent to it, and to the port of this socket, arrives.
    ///
    /// The socket has to be bound to the unspecified address (`0.0.0.0`, `[::]`), or to that of the
    /// group. For other programs on this host to receive from the group as well, all of them need
    /// [`reuse_address`](crate::udp::UdpBuilder::reuse_address).
    ///
    /// # Errors
    ///
    /// If the address is not that of a group, there is no such interface, or the system refuses:
    /// one that was joined already cannot be joined again on the same interface.
    pub fn join(&self, group: impl Into<IpAddr>, interface: &Interface) -> Result<(), GroupError> {
        join(&SockRef::from(&self.link.socket), group.into(), interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join); the system refuses if the group was not joined on this interface.
    pub fn leave(&self, group: impl Into<IpAddr>, interface: &Interface) -> Result<(), GroupError> {
        leave(&SockRef::from(&self.link.socket), group.into(), interface)
    }

    /// Joins a multicast group for what one host sends to it (source-specific multicast).
    ///
    /// It may be called for several sources. The interface needs an IPv4 address.
    ///
    /// # Errors
    ///
    /// As [`join`](Self::join), and [`GroupError::SourceV6`] for an IPv6 group.
    pub fn join_source(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: &Interface,
    ) -> Result<(), GroupError> {
        let (group, source) = both_v4(group.into(), source.into())?;
        let interface = interface.v4()?;
        Ok(SockRef::from(&self.link.socket).join_ssm_v4(&source, &group, &interface)?)
    }

    /// Leaves a multicast group for one source.
    ///
    /// # Errors
    ///
    /// As [`join_source`](Self::join_source).
    pub fn leave_source(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: &Interface,
    ) -> Result<(), GroupError> {
        let (group, source) = both_v4(group.into(), source.into())?;
        let interface = interface.v4()?;
        Ok(SockRef::from(&self.link.socket).leave_ssm_v4(&source, &group, &interface)?)
    }

    /// Sets how many routers a multicast passes, as
    /// [`UdpBuilder::multicast_ttl`](crate::udp::UdpBuilder::multicast_ttl).
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn set_multicast_ttl(&self, ttl: u8) -> io::Result<()> {
        set_ttl(&SockRef::from(&self.link.socket), self.link.reach, ttl)
    }

    /// Sets whether programs on this host receive what is sent to groups, as
    /// [`UdpBuilder::multicast_loopback`](crate::udp::UdpBuilder::multicast_loopback).
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn set_multicast_loopback(&self, loopback: bool) -> io::Result<()> {
        set_loopback(&SockRef::from(&self.link.socket), self.link.reach, loopback)
    }

    /// Sets where multicasts leave, as
    /// [`UdpBuilder::multicast_interface`](crate::udp::UdpBuilder::multicast_interface).
    ///
    /// # Errors
    ///
    /// If there is no such interface, or the system refuses.
    pub fn set_multicast_interface(&self, interface: &Interface) -> io::Result<()> {
        set_interface(&SockRef::from(&self.link.socket), self.link.reach, interface)
    }
}

pub(super) fn join(
    socket: &Socket,
    group: IpAddr,
    interface: &Interface,
) -> Result<(), GroupError> {
    check(group)?;
    match group {
        IpAddr::V4(group) => v4::join(socket, group, interface),
        IpAddr::V6(group) => Ok(socket.join_multicast_v6(&group, interface.index()?)?),
    }
}

fn leave(socket: &Socket, group: IpAddr, interface: &Interface) -> Result<(), GroupError> {
    check(group)?;
    match group {
        IpAddr::V4(group) => v4::leave(socket, group, interface),
        IpAddr::V6(group) => Ok(socket.leave_multicast_v6(&group, interface.index()?)?),
    }
}

pub(super) fn set_ttl(socket: &Socket, reach: Reach, ttl: u8) -> io::Result<()> {
    if reach.v4() {
        socket.set_multicast_ttl_v4(ttl.into())?;
    }
    if reach.v6() {
        socket.set_multicast_hops_v6(ttl.into())?;
    }
    Ok(())
}

pub(super) fn set_loopback(socket: &Socket, reach: Reach, loopback: bool) -> io::Result<()> {
    if reach.v4() {
        socket.set_multicast_loop_v4(loopback)?;
    }
    if reach.v6() {
        socket.set_multicast_loop_v6(loopback)?;
    }
    Ok(())
}

pub(super) fn set_interface(
    socket: &Socket,
    reach: Reach,
    interface: &Interface,
) -> io::Result<()> {
    if reach.v6() {
        socket.set_multicast_if_v6(interface.index()?)?;
    }
    if reach.v4() {
        match interface.v4() {
            Ok(address) => socket.set_multicast_if_v4(&address)?,
            // Half of a dual-stack socket is better than none.
            Err(_) if reach.v6() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn check(group: IpAddr) -> Result<(), GroupError> {
    if group.is_multicast() { Ok(()) } else { Err(GroupError::NotMulticast { group }) }
}

fn both_v4(group: IpAddr, sender: IpAddr) -> Result<(Ipv4Addr, Ipv4Addr), GroupError> {
    check(group)?;
    match (group, sender) {
        (IpAddr::V4(group), IpAddr::V4(sender)) => Ok((group, sender)),
        (IpAddr::V6(_), IpAddr::V6(_)) => Err(GroupError::SourceV6 { group }),
        _ => Err(GroupError::OtherFamily { group, sender }),
    }
}

/// Where the system knows the interface of an IPv4 group by its number.
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "windows",
    target_vendor = "apple"
))]
mod v4 {
    use std::net::{IpAddr, Ipv4Addr};

    use socket2::{InterfaceIndexOrAddress, Socket};

    use crate::udp::group_error::GroupError;
    use crate::udp::interface::Interface;

    pub(super) fn join(socket: &Socket, group: Ipv4Addr, on: &Interface) -> Result<(), GroupError> {
        Ok(socket.join_multicast_v4_n(&group, &place(on)?)?)
    }

    pub(super) fn leave(
        socket: &Socket,
        group: Ipv4Addr,
        on: &Interface,
    ) -> Result<(), GroupError> {
        Ok(socket.leave_multicast_v4_n(&group, &place(on)?)?)
    }

    fn place(interface: &Interface) -> Result<InterfaceIndexOrAddress, GroupError> {
        Ok(match interface {
            Interface::Any => InterfaceIndexOrAddress::Address(Ipv4Addr::UNSPECIFIED),
            Interface::Addr(IpAddr::V4(address)) => InterfaceIndexOrAddress::Address(*address),
            Interface::Name(_) | Interface::Addr(IpAddr::V6(_)) | Interface::Index(_) => {
                InterfaceIndexOrAddress::Index(interface.index()?)
            }
        })
    }
}

/// Where the system knows the interface of an IPv4 group by its address alone.
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "windows",
    target_vendor = "apple"
)))]
mod v4 {
    use std::net::Ipv4Addr;

    use socket2::Socket;

    use crate::udp::group_error::GroupError;
    use crate::udp::interface::Interface;

    pub(super) fn join(socket: &Socket, group: Ipv4Addr, on: &Interface) -> Result<(), GroupError> {
        Ok(socket.join_multicast_v4(&group, &on.v4()?)?)
    }

    pub(super) fn leave(
        socket: &Socket,
        group: Ipv4Addr,
        on: &Interface,
    ) -> Result<(), GroupError> {
        Ok(socket.leave_multicast_v4(&group, &on.v4()?)?)
    }
}
