//! What can be set on TCP sockets alone.

use core::time::Duration;
use std::net::{IpAddr, SocketAddr};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tracing::debug;

use crate::connection::builder::Builder;
use crate::family::Family;

/// A [`Builder`] of TCP sockets.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Tcp {
    pub(super) nodelay: bool,
    pub(super) keep_alive: Option<Duration>,
    /// Which addresses of a name are taken.
    pub(super) family: Family,
    /// Where a connection comes from.
    pub(super) local_addr: Option<SocketAddr>,
    /// Whether a listener takes IPv4 peers on an IPv6 address.
    pub(super) dual_stack: bool,
    /// Whether a listener shares its port.
    pub(super) reuse_port: bool,
}

impl Tcp {
    pub(super) const fn new() -> Self {
        Self {
            nodelay: true,
            keep_alive: None,
            family: Family::Auto,
            local_addr: None,
            dual_stack: false,
            reuse_port: false,
        }
    }

    /// Sets the options on a stream. It works without them too, so a refusal is only told.
    pub(super) fn prepare(&self, stream: &TcpStream) {
        if let Err(error) = stream.set_nodelay(self.nodelay) {
            debug!(%error, nodelay = self.nodelay, "TCP_NODELAY left as it was");
        }
        let Some(after) = self.keep_alive else { return };
        let options = TcpKeepalive::new().with_time(after).with_interval(after);
        if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&options) {
            debug!(%error, ?after, "keep-alive left as it was");
        }
    }
}

/// What can be set on every TCP connection.
impl<R> Builder<Tcp, R> {
    /// Sets `TCP_NODELAY`: true by default.
    ///
    /// Without it the system may hold a small packet back until the one before it was acknowledged,
    /// which takes up to a fifth of a second.
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.kind.nodelay = nodelay;
        self
    }

    /// Sets which addresses of a name are taken: [`Family::Auto`] by default, that is IPv4 first.
    pub fn family(mut self, family: Family) -> Self {
        self.kind.family = family;
        self
    }

    /// Sets after how much silence the system asks whether the peer is still there: never, by
    /// default.
    ///
    /// It asks again after the same time, until its count is full (9 on Linux) and the connection
    /// breaks. So a peer that lost its power or its network is noticed within ten times this, and
    /// one that is there and silent is left alone. Whole seconds; a part of one may be lost.
    pub fn keep_alive(mut self, after: impl Into<Option<Duration>>) -> Self {
        self.kind.keep_alive = after.into();
        self
    }
}

/// An address as its family has it: IPv4 peers of an IPv6 socket have IPv4 addresses.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => (ip, address.port()).into(),
        // As it was, with its scope.
        IpAddr::V6(_) => address,
    }
}
