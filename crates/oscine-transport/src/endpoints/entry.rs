//! One endpoint, and how packets get there.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, OnceLock},
};

use oscine_codec::Packet;

use crate::connection::builder::Builder;
use crate::connection::role::Any;
use crate::endpoint::uri::Endpoint;
use crate::endpoints::error::TargetError;
use crate::endpoints::lookup::{Lookup, Resolver};
use crate::endpoints::sockets::Sockets;
use crate::endpoints::target::Target;
use crate::reconnect::client::Reconnecting;
use crate::reconnect::role::Reconnect;
use crate::send_error::SendError;

/// What all endpoints use.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) sockets: Sockets,
    pub(super) resolver: Arc<Resolver>,
    pub(super) clients: Builder<Any, Reconnect>,
}

/// One endpoint, and how packets get there.
#[derive(Debug)]
pub(super) struct Entry {
    /// By what it is told: its name, or itself.
    pub(super) target: Target,
    endpoint: Arc<Endpoint>,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Addr(SocketAddr),
    Name(Arc<Lookup>),
    /// Started when it is first used.
    Stream(OnceLock<Reconnecting>),
    #[cfg(unix)]
    Path(std::path::PathBuf),
    Unsupported,
}

/// How far a packet got without waiting.
#[derive(Debug)]
pub(super) enum Progress {
    Done(Result<(), TargetError>),
    /// The address has to be looked up first.
    Unresolved(Arc<Lookup>),
    /// The system takes no more at the moment.
    Full(SocketAddr),
}

impl Entry {
    pub(super) fn new(name: Option<Arc<str>>, endpoint: Endpoint) -> Self {
        let endpoint = Arc::new(endpoint);
        let route = match &*endpoint {
            Endpoint::Udp { host, port } => match host.socket_addr(*port) {
                Some(addr) => addr_route(addr),
                None => Route::Name(Lookup::new(Arc::clone(&endpoint))),
            },
            Endpoint::Tcp { .. } => Route::Stream(OnceLock::new()),
            #[cfg(unix)]
            Endpoint::Unix { framing: Some(_), .. } => Route::Stream(OnceLock::new()),
            #[cfg(unix)]
            Endpoint::Unix { path, framing: None } => Route::Path(path.clone()),
            #[cfg(not(unix))]
            Endpoint::Unix { .. } => Route::Unsupported,
        };
        let target = match name {
            Some(name) => Target::Name(name),
            None => Target::Endpoint(Arc::clone(&endpoint)),
        };
        Self { target, endpoint, route }
    }

    /// Sends a packet as far as that is possible without waiting; without a packet it begins what
    /// takes time.
    pub(super) fn try_send(&self, packet: Option<&Packet>, means: &Means) -> Progress {
        let done = match &self.route {
            Route::Addr(addr) => return try_send_to(*addr, packet, means),
            Route::Name(lookup) => match lookup.known(&means.resolver) {
                None => return Progress::Unresolved(Arc::clone(lookup)),
                Some(Ok(addr)) => return try_send_to(addr, packet, means),
                Some(Err(error)) => Err(unresolved(lookup, error)),
            },
            Route::Stream(client) => self.client(client, means).and_then(|client| match packet {
                Some(packet) => Ok(client.try_send(packet.clone()).map(drop)?),
                None => Ok(()),
            }),
            #[cfg(unix)]
            Route::Path(path) => means
                .sockets
                .unix()
                .map_err(SendError::from)
                .and_then(|socket| packet.map_or(Ok(()), |packet| socket.try_send_to(packet, path)))
                .map_err(TargetError::from),
            Route::Unsupported => Err(self.unsupported()),
        };
        Progress::Done(done)
    }

    /// The client, if this is a stream that has been used.
    pub(super) fn started(&self) -> Option<&Reconnecting> {
        match &self.route {
            Route::Stream(client) => client.get(),
            _ => None,
        }
    }

    fn client<'a>(
        &self,
        started: &'a OnceLock<Reconnecting>,
        means: &Means,
    ) -> Result<&'a Reconnecting, TargetError> {
        if let Some(client) = started.get() {
            return Ok(client);
        }
        let client = means.clients.clone().endpoint(&self.endpoint);
        let client = client.map_err(|_| self.unsupported())?;
        // Another task may have been quicker; then this client has done nothing yet.
        Ok(started.get_or_init(|| client))
    }

    fn unsupported(&self) -> TargetError {
        TargetError::Unsupported { endpoint: Arc::clone(&self.endpoint) }
    }
}

/// Sends a datagram if the system takes it at once.
pub(super) fn try_send_to(addr: SocketAddr, packet: Option<&Packet>, means: &Means) -> Progress {
    let addr = canonical(addr);
    let socket = match means.sockets.socket_for(addr) {
        Ok(socket) => socket,
        Err(error) => return Progress::Done(Err(SendError::from(error).into())),
    };
    match packet.map_or(Ok(()), |packet| socket.try_send_to(packet, addr)) {
        Err(SendError::Full) => Progress::Full(addr),
        outcome => Progress::Done(outcome.map_err(TargetError::from)),
    }
}

/// Sends a datagram to an address that has to be looked up first.
pub(super) async fn send_found(
    lookup: &Arc<Lookup>,
    packet: Option<&Packet>,
    means: &Means,
) -> Result<(), TargetError> {
    match lookup.found(&means.resolver).await {
        Ok(addr) => send_to(addr, packet, means).await,
        Err(error) => Err(unresolved(lookup, error)),
    }
}

/// Sends a datagram, waiting until the system takes it.
pub(super) async fn send_to(
    addr: SocketAddr,
    packet: Option<&Packet>,
    means: &Means,
) -> Result<(), TargetError> {
    let addr = canonical(addr);
    let socket = means.sockets.socket_for(addr).map_err(SendError::from)?;
    if let Some(packet) = packet {
        socket.send_to(packet, addr).await?;
    }
    Ok(())
}

fn unresolved(lookup: &Lookup, source: Arc<io::Error>) -> TargetError {
    TargetError::Unresolved { endpoint: Arc::clone(lookup.endpoint()), source }
}

/// Nothing can be sent to port 0, or to no host.
fn addr_route(addr: SocketAddr) -> Route {
    if addr.port() == 0 || addr.ip().is_unspecified() {
        Route::Unsupported
    } else {
        Route::Addr(addr)
    }
}

/// An IPv4 address that is written as an IPv6 one is reached over IPv4.
fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr.ip().to_canonical() {
        IpAddr::V4(ip) => (ip, addr.port()).into(),
        IpAddr::V6(_) => addr,
    }
}
