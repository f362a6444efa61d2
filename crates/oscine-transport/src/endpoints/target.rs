//! Where packets are sent.

use core::fmt;
use std::{net::SocketAddr, sync::Arc};

use crate::endpoint::uri::Endpoint;

/// The name that stands for all endpoints that have a name.
pub const ALL: &str = "_all";

/// One target of a packet, as it is told in an [`Outcome`](crate::endpoints::Outcome).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// An endpoint by its name.
    Name(Arc<str>),
    /// An endpoint without a name.
    Endpoint(Arc<Endpoint>),
    /// An address to which datagrams are sent.
    Addr(SocketAddr),
}

/// One target that belongs to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetRef<'a> {
    /// The name of an endpoint, of a group, or [`ALL`].
    Name(&'a str),
    /// An endpoint without a name.
    Endpoint(&'a Endpoint),
    /// An address to which datagrams are sent.
    Addr(SocketAddr),
}

/// What packets can be sent to: a name, an [`Endpoint`], an address, or a list of them.
pub trait ToTargets {
    /// Shows all targets, one after the other.
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>));
}

impl ToTargets for str {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        see(TargetRef::Name(self));
    }
}

impl ToTargets for String {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        see(TargetRef::Name(self));
    }
}

impl ToTargets for Endpoint {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        see(TargetRef::Endpoint(self));
    }
}

impl ToTargets for SocketAddr {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        see(TargetRef::Addr(*self));
    }
}

impl ToTargets for Target {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        see(match self {
            Self::Name(name) => TargetRef::Name(name),
            Self::Endpoint(endpoint) => TargetRef::Endpoint(endpoint),
            Self::Addr(addr) => TargetRef::Addr(*addr),
        });
    }
}

impl<T: ToTargets> ToTargets for [T] {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        self.iter().for_each(|target| target.each(see));
    }
}

impl<T: ToTargets, const N: usize> ToTargets for [T; N] {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        self.as_slice().each(see);
    }
}

impl<T: ToTargets> ToTargets for Vec<T> {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        self.as_slice().each(see);
    }
}

impl<T: ToTargets + ?Sized> ToTargets for &T {
    fn each(&self, see: &mut dyn FnMut(TargetRef<'_>)) {
        (**self).each(see);
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Endpoint(endpoint) => endpoint.fmt(f),
            Self::Addr(addr) => addr.fmt(f),
        }
    }
}
