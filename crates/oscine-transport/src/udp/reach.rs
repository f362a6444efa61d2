//! Which addresses a socket reaches.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use socket2::SockRef;
use tokio::net::UdpSocket;

use crate::send_error::SendError;

/// Which addresses a socket reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    V4,
    V6,
    /// An IPv6 socket that speaks to IPv4 hosts as well, by addresses such as `::ffff:10.0.0.1`.
    Both,
}

impl Reach {
    pub(super) fn of(socket: &UdpSocket) -> io::Result<Self> {
        Ok(match (socket.local_addr()?.is_ipv6(), SockRef::from(socket).only_v6()) {
            (false, _) => Self::V4,
            (true, Ok(false)) => Self::Both,
            (true, _) => Self::V6,
        })
    }

    pub(super) fn v4(self) -> bool {
        self != Self::V6
    }

    pub(super) fn v6(self) -> bool {
        self != Self::V4
    }

    /// The address by which the socket knows a peer.
    pub(super) fn address(self, peer: SocketAddr) -> Result<SocketAddr, SendError> {
        match (self, peer) {
            (Self::V4, SocketAddr::V4(_)) | (Self::V6 | Self::Both, SocketAddr::V6(_)) => Ok(peer),
            (Self::Both, SocketAddr::V4(v4)) => {
                Ok((IpAddr::V6(v4.ip().to_ipv6_mapped()), v4.port()).into())
            }
            (Self::V4, SocketAddr::V6(_)) | (Self::V6, SocketAddr::V4(_)) => {
                Err(SendError::OtherFamily { peer })
            }
        }
    }
}

/// An IPv4 peer of an IPv6 socket as what it is.
pub(super) fn canonical(peer: SocketAddr) -> SocketAddr {
    match peer {
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(v4) => (v4, v6.port()).into(),
            None => peer,
        },
        SocketAddr::V4(_) => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_mapped_there_and_back() {
        let v4: SocketAddr = "10.0.0.1:9".parse().unwrap();
        let v6: SocketAddr = "[fe80::1%3]:9".parse().unwrap();
        let mapped: SocketAddr = "[::ffff:10.0.0.1]:9".parse().unwrap();
        assert_eq!(Reach::V4.address(v4).unwrap(), v4);
        assert_eq!(Reach::V6.address(v6).unwrap(), v6);
        assert_eq!(Reach::Both.address(v6).unwrap(), v6);
        assert_eq!(Reach::Both.address(v4).unwrap(), mapped);
        assert_eq!((canonical(mapped), canonical(v4), canonical(v6)), (v4, v4, v6));
    }

    #[test]
    fn the_other_family_is_an_error_that_says_so() {
        let all: SocketAddr = "255.255.255.255:9".parse().unwrap();
        let error = Reach::V6.address(all).unwrap_err();
        assert!(matches!(error, SendError::OtherFamily { peer } if peer == all));
        assert!(error.to_string().contains("255.255.255.255:9"), "{error}");
        Reach::V4.address("[::1]:9".parse().unwrap()).unwrap_err();
    }
}
