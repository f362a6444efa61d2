//! Whether the system refuses a datagram because it would be a broadcast.

use std::{io, net::Ipv4Addr};

/// Says whether a refusal to send to `peer` is for lack of `SO_BROADCAST`.
///
/// Firewalls refuse with the same kind of error, but mostly with another number, and whomever the
/// datagram is for; so both are looked at.
pub(super) fn is_lacking(error: &io::Error, peer: Ipv4Addr) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && !imp::forbidden(error) && is_broadcast(peer)
}

fn is_broadcast(peer: Ipv4Addr) -> bool {
    peer.is_broadcast() || imp::is_directed(peer)
}

#[cfg(unix)]
mod imp {
    use std::{io, net::Ipv4Addr};

    use nix::{errno::Errno, ifaddrs::getifaddrs, sys::socket::SockaddrStorage};

    /// `EPERM`, where a broadcast that is not allowed is `EACCES`.
    pub(super) fn forbidden(error: &io::Error) -> bool {
        error.raw_os_error() == Some(Errno::EPERM as i32)
    }

    /// Whether it is the broadcast address of a network that an interface is in: its last one, or
    /// for some systems its first.
    pub(super) fn is_directed(peer: Ipv4Addr) -> bool {
        let v4 = |address: Option<SockaddrStorage>| Some(address?.as_sockaddr_in()?.ip());
        getifaddrs().into_iter().flatten().any(|interface| {
            match (v4(interface.address), v4(interface.netmask)) {
                (Some(own), Some(mask)) => is_edge(peer, own, mask),
                _ => false,
            }
        })
    }

    fn is_edge(peer: Ipv4Addr, own: Ipv4Addr, mask: Ipv4Addr) -> bool {
        let [peer, own, mask] = [peer, own, mask].map(u32::from);
        // Two addresses or one leave no room for a broadcast.
        let host = peer & !mask;
        mask.count_zeros() > 1 && peer & mask == own & mask && (host == 0 || host == !mask)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_edges_of_a_network_are_found() {
            let check = |peer: [u8; 4], mask: [u8; 4]| {
                is_edge(peer.into(), [10, 1, 2, 3].into(), mask.into())
            };
            for (peer, mask, edge) in [
                ([10, 1, 2, 255], [255, 255, 255, 0], true),
                ([10, 1, 2, 0], [255, 255, 255, 0], true),
                ([10, 1, 2, 7], [255, 255, 255, 0], false),
                ([10, 1, 3, 255], [255, 255, 255, 0], false),
                ([10, 1, 255, 255], [255, 255, 0, 0], true),
                ([10, 1, 2, 255], [255, 255, 0, 0], false),
                ([10, 1, 2, 3], [255, 255, 255, 255], false),
                ([10, 1, 2, 3], [255, 255, 255, 254], false),
            ] {
                assert_eq!(check(peer, mask), edge, "{peer:?} {mask:?}");
            }
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use std::{io, net::Ipv4Addr};

    /// One number stands for both.
    pub(super) fn forbidden(_: &io::Error) -> bool {
        false
    }

    /// Nobody knows without the masks of the interfaces, so the usual one is assumed.
    pub(super) fn is_directed(peer: Ipv4Addr) -> bool {
        peer.octets()[3] == 255
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_firewall_is_no_broadcast_that_is_off() {
        const EPERM: i32 = 1;
        const EACCES: i32 = 13;
        for (code, peer, lacking) in [
            (EACCES, [127, 255, 255, 255], true),
            (EACCES, [255, 255, 255, 255], true),
            // A route that is prohibited.
            (EACCES, [127, 0, 0, 1], false),
            (EPERM, [127, 0, 0, 1], false),
            (EPERM, [127, 255, 255, 255], false),
            (EPERM, [255, 255, 255, 255], false),
        ] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
            assert_eq!(is_lacking(&error, peer.into()), lacking, "{error} {peer:?}");
        }
    }
}
