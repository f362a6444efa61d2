//! How a registry of endpoints is made.

use core::{future::Future, time::Duration};
use std::{io, net::SocketAddr, sync::Arc};

use crate::connection::builder::Builder;
use crate::connection::role::Any;
use crate::endpoint::uri::Endpoint;
use crate::endpoints::endpoints::Endpoints;
use crate::endpoints::entry::Means;
use crate::endpoints::lookup::{Find, Resolver};
use crate::endpoints::sockets::Sockets;
use crate::reconnect::client::Reconnecting;
use crate::reconnect::role::Reconnect;
use crate::stats::counters::Counters;
use crate::udp::sender::UdpSender;

impl Endpoints {
    /// Makes an empty registry with the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Begins to set options.
    pub fn builder() -> EndpointsBuilder {
        EndpointsBuilder {
            sockets: Sockets::default(),
            find: Find::system(),
            expiry: Duration::from_secs(60),
            clients: Reconnecting::builder(),
            counters: Arc::default(),
        }
    }
}

impl Default for Endpoints {
    fn default() -> Self {
        Self::new()
    }
}

/// The options of [`Endpoints`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use oscine_transport::{Udp, endpoints::Endpoints};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// // Replies come to the socket from which the packets left.
/// let udp = Udp::bind("0.0.0.0:0").await?;
/// let endpoints =
///     Endpoints::builder().udp(udp.sender()).expiry(Duration::from_secs(600)).build();
/// # let _ = endpoints;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct EndpointsBuilder {
    sockets: Sockets,
    find: Find,
    expiry: Duration,
    clients: Builder<Any, Reconnect>,
    counters: Arc<Counters>,
}

impl EndpointsBuilder {
    /// Sets the socket from which datagrams leave, to addresses of the family of its own: by
    /// default a socket is bound to any free port when the first one is sent.
    ///
    /// Replies come to the port from which a packet left. So a program that receives gives the
    /// sender of its own socket; on the socket that is bound here nobody reads. Call it once for
    /// each family.
    pub fn udp(mut self, sender: UdpSender) -> Self {
        self.sockets.give(sender);
        self
    }

    /// Sets how long an address that was found for a name holds: 60 s by default.
    ///
    /// After that it is looked up again, beside sending, which goes on with the old address until
    /// there is a new one. What looking up brings in is not known to live longer: the system does
    /// not say.
    pub fn expiry(mut self, expiry: Duration) -> Self {
        self.expiry = expiry;
        self
    }

    /// Sets how the addresses of datagram endpoints are found: by [`Endpoint::resolve`] by default.
    ///
    /// The closure is asked about endpoints whose host has a name; 10 s later it is too late.
    pub fn resolver<F>(mut self, find: impl Fn(Arc<Endpoint>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<SocketAddr>> + Send + 'static,
    {
        self.find = Find::new(find);
        self
    }

    /// Sets the options of the clients for streams: those of [`Reconnecting::builder`] by default.
    ///
    /// The framing is that of the endpoint, and what the peers send is counted and thrown away.
    pub fn clients(mut self, options: Builder<Any, Reconnect>) -> Self {
        self.clients = options;
        self
    }

    /// Sets the counters to count in: its own by default. A socket that is given counts in its own.
    pub fn counters(mut self, counters: Arc<Counters>) -> Self {
        self.counters = counters;
        self
    }

    /// Makes the registry, which is empty.
    #[must_use]
    pub fn build(self) -> Endpoints {
        let Self { mut sockets, find, expiry, clients, counters } = self;
        sockets.counters = Arc::clone(&counters);
        let clients = clients.send_only().counters(Arc::clone(&counters));
        let resolver = Arc::new(Resolver { find, expiry, counters });
        Endpoints::from_means(Means { sockets, resolver, clients })
    }
}
