//! Network interfaces by name, address or number.

use core::fmt;
use std::{
    io,
    net::{IpAddr, Ipv4Addr},
};

use thiserror::Error;

/// A network interface, where multicasts arrive or leave.
///
/// # Examples
///
/// ```
/// use oscine_transport::udp::Interface;
///
/// let wired = Interface::name("eth0");
/// let local = Interface::addr([127, 0, 0, 1]);
/// assert_eq!((wired.to_string(), local.to_string()), ("eth0".into(), "127.0.0.1".into()));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Interface {
    /// The one that the system chooses, by its routes: often not the one that is meant if there are
    /// several. The default.
    #[default]
    Any,
    /// By name, such as `eth0`. Only unix systems look it up.
    Name(String),
    /// The one that has this address. Only unix systems look up an address that is not IPv4, or
    /// that is given for an IPv6 group.
    Addr(IpAddr),
    /// By number; 0 stands for any.
    Index(u32),
}

/// Why an [`Interface`] cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InterfaceError {
    /// There is none of this name or address.
    #[error("there is no interface {interface}")]
    Unknown {
        /// The interface that was asked for.
        interface: Interface,
    },
    /// It has no IPv4 address, by which the system wants to know it here.
    #[error("interface {interface} has no IPv4 address")]
    NoV4 {
        /// The interface that was asked for.
        interface: Interface,
    },
    /// This system cannot look it up; its number, or for IPv4 its address, will do.
    #[error("interface {interface} cannot be looked up on this system")]
    Unsupported {
        /// The interface that was asked for.
        interface: Interface,
    },
}

impl Interface {
    /// The interface of this name.
    #[must_use]
    pub fn name(name: impl Into<String>) -> Self {
        Self::Name(name.into())
    }

    /// The interface that has this address.
    #[must_use]
    pub fn addr(address: impl Into<IpAddr>) -> Self {
        Self::Addr(address.into())
    }

    /// The number, or 0 for any.
    pub(super) fn index(&self) -> Result<u32, InterfaceError> {
        match self {
            Self::Any => Ok(0),
            Self::Index(index) => Ok(*index),
            Self::Name(_) | Self::Addr(_) => imp::index(self),
        }
    }

    /// An IPv4 address that it has, or the unspecified one for any.
    pub(super) fn v4(&self) -> Result<Ipv4Addr, InterfaceError> {
        match self {
            Self::Any | Self::Index(0) => Ok(Ipv4Addr::UNSPECIFIED),
            Self::Addr(IpAddr::V4(address)) => Ok(*address),
            Self::Name(_) | Self::Addr(IpAddr::V6(_)) | Self::Index(_) => imp::v4(self),
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Name(name) => f.write_str(name),
            Self::Addr(address) => address.fmt(f),
            Self::Index(index) => write!(f, "#{index}"),
        }
    }
}

impl From<InterfaceError> for io::Error {
    fn from(error: InterfaceError) -> Self {
        let kind = match error {
            InterfaceError::Unknown { .. } => io::ErrorKind::NotFound,
            InterfaceError::NoV4 { .. } => io::ErrorKind::AddrNotAvailable,
            InterfaceError::Unsupported { .. } => io::ErrorKind::Unsupported,
        };
        Self::new(kind, error)
    }
}

#[cfg(unix)]
mod imp {
    use std::net::{IpAddr, Ipv4Addr};

    use nix::{
        ifaddrs::{InterfaceAddress, getifaddrs},
        net::if_::{if_indextoname, if_nametoindex},
    };

    use crate::udp::interface::{Interface, InterfaceError};

    pub(super) fn index(interface: &Interface) -> Result<u32, InterfaceError> {
        let unknown = || InterfaceError::Unknown { interface: interface.clone() };
        if_nametoindex(name(interface)?.as_str()).map_err(|_| unknown())
    }

    pub(super) fn v4(interface: &Interface) -> Result<Ipv4Addr, InterfaceError> {
        let name = name(interface)?;
        // Whether there is such an interface at all.
        index(&Interface::Name(name.clone()))
            .map_err(|_| InterfaceError::Unknown { interface: interface.clone() })?;
        all()
            .filter(|known| known.interface_name == name)
            .find_map(|known| match address(&known) {
                Some(IpAddr::V4(address)) => Some(address),
                Some(IpAddr::V6(_)) | None => None,
            })
            .ok_or_else(|| InterfaceError::NoV4 { interface: interface.clone() })
    }

    fn name(interface: &Interface) -> Result<String, InterfaceError> {
        let found = match interface {
            Interface::Any => None,
            Interface::Name(name) => Some(name.clone()),
            Interface::Addr(wanted) => all()
                .find(|known| address(known) == Some(*wanted))
                .map(|known| known.interface_name),
            Interface::Index(index) => {
                if_indextoname(*index).ok().and_then(|name| name.into_string().ok())
            }
        };
        found.ok_or_else(|| InterfaceError::Unknown { interface: interface.clone() })
    }

    fn all() -> impl Iterator<Item = InterfaceAddress> {
        getifaddrs().into_iter().flatten()
    }

    fn address(interface: &InterfaceAddress) -> Option<IpAddr> {
        let address = interface.address.as_ref()?;
        let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    }
}

#[cfg(not(unix))]
mod imp {
    use std::net::Ipv4Addr;

    use crate::udp::interface::{Interface, InterfaceError};

    pub(super) fn index(interface: &Interface) -> Result<u32, InterfaceError> {
        Err(InterfaceError::Unsupported { interface: interface.clone() })
    }

    pub(super) fn v4(interface: &Interface) -> Result<Ipv4Addr, InterfaceError> {
        Err(InterfaceError::Unsupported { interface: interface.clone() })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_found_by_name_address_and_number() {
        let number = Interface::name("lo").index().unwrap();
        assert!(number > 0);
        let by_address = Interface::addr(Ipv4Addr::LOCALHOST);
        for interface in [Interface::name("lo"), by_address, Interface::Index(number)] {
            assert_eq!(interface.index(), Ok(number), "{interface}");
            assert_eq!(interface.v4(), Ok(Ipv4Addr::LOCALHOST), "{interface}");
        }
        assert_eq!((Interface::Any.index(), Interface::Any.v4()), (Ok(0), Ok([0; 4].into())));
    }

    #[test]
    fn what_is_not_there_is_named() {
        let nowhere = Interface::addr([203, 0, 113, 77]);
        for interface in [Interface::name("no such 0"), nowhere.clone()] {
            let error = interface.index().unwrap_err();
            assert_eq!(error, InterfaceError::Unknown { interface: interface.clone() });
            assert!(error.to_string().contains(&interface.to_string()), "{error}");
        }
        let error = Interface::Index(u32::MAX).v4().unwrap_err();
        assert_eq!(error.to_string(), "there is no interface #4294967295");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    }
}
