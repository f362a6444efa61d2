//! What quinn-udp sets on a socket, and what of it we take back.

use std::io;

use quinn_udp::{UdpSockRef, UdpSocketState};
use tokio::net::UdpSocket;

/// Prepares a socket for batched reads, without the ban on fragmentation that comes with them.
///
/// quinn-udp serves QUIC, which finds out the greatest packet of a path by itself. So it makes the
/// system refuse datagrams that would have to be cut up, that is those above about 1,500 bytes. A
/// packet of OSC may be as long as a datagram can be, so what the system had is put back.
///
/// It also asks the system to join datagrams, which is taken back unless `gro`; and to tell with
/// each datagram the address it was sent to and its traffic class, which nobody here wants to know
/// and which costs a sixth of a read.
pub(super) fn prepare(socket: &UdpSocket, gro: bool) -> io::Result<UdpSocketState> {
    let before = imp::Before::read(socket)?;
    let state = UdpSocketState::new(UdpSockRef::from(socket))?;
    before.restore(socket)?;
    imp::tell_less(socket);
    if !gro && state.gro_segments() > 1 {
        imp::never_join(socket)?;
    }
    Ok(state)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use std::io;

    use nix::sys::socket::{
        setsockopt,
        sockopt::{
            IpRecvTos, Ipv4PacketInfo, Ipv6DontFrag, Ipv6RecvPacketInfo, Ipv6RecvTClass,
            UdpGroSegment,
        },
    };
    use rustix::net::sockopt::{
        Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery, ip_mtu_discover, ipv6_mtu_discover,
        set_ip_mtu_discover, set_ipv6_mtu_discover,
    };
    use tokio::net::UdpSocket;

    pub(super) struct Before {
        v4: Ipv4PathMtuDiscovery,
        /// `None` for an IPv4 socket. An IPv6 socket has both, as it may speak to IPv4 hosts.
        v6: Option<Ipv6PathMtuDiscovery>,
    }

    pub(super) fn never_join(socket: &UdpSocket) -> io::Result<()> {
        Ok(setsockopt(socket, UdpGroSegment, &false)?)
    }

    /// Takes back what comes with each datagram. Whatever is left on is not worth an error.
    pub(super) fn tell_less(socket: &UdpSocket) {
        let _ = setsockopt(socket, Ipv4PacketInfo, &false);
        let _ = setsockopt(socket, IpRecvTos, &false);
        if socket.local_addr().is_ok_and(|local| local.is_ipv6()) {
            let _ = setsockopt(socket, Ipv6RecvPacketInfo, &false);
            let _ = setsockopt(socket, Ipv6RecvTClass, &false);
        }
    }

    impl Before {
        pub(super) fn read(socket: &UdpSocket) -> io::Result<Self> {
            let v4 = ip_mtu_discover(socket)?;
            let v6 = match socket.local_addr()?.is_ipv6() {
                true => Some(ipv6_mtu_discover(socket)?),
                false => None,
            };
            Ok(Self { v4, v6 })
        }

        pub(super) fn restore(self, socket: &UdpSocket) -> io::Result<()> {
            set_ip_mtu_discover(socket, self.v4)?;
            if let Some(v6) = self.v6 {
                set_ipv6_mtu_discover(socket, v6)?;
                setsockopt(socket, Ipv6DontFrag, &false)?;
            }
            Ok(())
        }
    }
}

#[cfg(target_vendor = "apple")]
mod imp {
    use std::io;

    use nix::sys::socket::{
        setsockopt,
        sockopt::{IpDontFrag, Ipv6DontFrag},
    };
    use tokio::net::UdpSocket;

    pub(super) struct Before;

    pub(super) fn never_join(_: &UdpSocket) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn tell_less(_: &UdpSocket) {}

    impl Before {
        pub(super) fn read(_: &UdpSocket) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn restore(self, socket: &UdpSocket) -> io::Result<()> {
            if socket.local_addr()?.is_ipv6() {
                setsockopt(socket, Ipv6DontFrag, &false)?;
            } else {
                setsockopt(socket, IpDontFrag, &false)?;
            }
            Ok(())
        }
    }
}

/// Elsewhere there is no way to put it back without unsafe code.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod imp {
    use std::io;

    use tokio::net::UdpSocket;

    pub(super) struct Before;

    pub(super) fn never_join(_: &UdpSocket) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn tell_less(_: &UdpSocket) {}

    impl Before {
        pub(super) fn read(_: &UdpSocket) -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn restore(self, _: &UdpSocket) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use nix::sys::socket::{
        getsockopt,
        sockopt::{IpRecvTos, Ipv4PacketInfo, Ipv6DontFrag, Ipv6RecvPacketInfo, Ipv6RecvTClass},
    };
    use rustix::net::sockopt::{ip_mtu_discover, ipv6_mtu_discover};

    use super::*;

    #[tokio::test]
    async fn what_the_system_had_is_put_back() {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let before = ip_mtu_discover(&socket).unwrap();
        prepare(&socket, true).unwrap();
        assert_eq!(ip_mtu_discover(&socket).unwrap(), before);
        assert!(!getsockopt(&socket, Ipv4PacketInfo).unwrap());
        assert!(!getsockopt(&socket, IpRecvTos).unwrap());
    }

    #[tokio::test]
    async fn what_the_system_had_is_put_back_for_ipv6() {
        let Ok(socket) = UdpSocket::bind("[::]:0").await else {
            eprintln!("skipped: this host has no IPv6");
            return;
        };
        let before = (ip_mtu_discover(&socket).unwrap(), ipv6_mtu_discover(&socket).unwrap());
        prepare(&socket, true).unwrap();
        let after = (ip_mtu_discover(&socket).unwrap(), ipv6_mtu_discover(&socket).unwrap());
        assert_eq!(after, before);
        assert!(!getsockopt(&socket, Ipv6DontFrag).unwrap());
        assert!(!getsockopt(&socket, Ipv6RecvPacketInfo).unwrap());
        assert!(!getsockopt(&socket, Ipv6RecvTClass).unwrap());
    }
}
