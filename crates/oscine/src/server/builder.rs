//! A server's description.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use oscine_codec::DecodeOptions;
use oscine_transport::endpoint::ParseEndpointError;
use oscine_transport::framing::DEFAULT_MAX_FRAME;
use oscine_transport::tcp::Listener;
use oscine_transport::{Endpoint, Udp};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::address_space::address_space::AddressSpace;
use crate::clock::clock::Clock;
use crate::dispatch::caller::Caller;
use crate::engine::engine::Engine;
use crate::handler::outlet::Outlet;
use crate::schedule::limits::ScheduleLimits;
use crate::server::alive::Alive;
use crate::server::counters::Counters;
use crate::server::dispatcher::Dispatcher;
use crate::server::handle::ServerHandle;
use crate::server::main_loop::MainLoop;
use crate::server::outbound::{Outbound, QUEUE, UdpOut};
use crate::server::server::Server;
use crate::server::tasks::INBOX;
use crate::timer::timer::Timer;

/// A server's description: where it listens, and what it does with what it hears.
///
/// Nothing is bound unless it is named.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is bound"]
pub struct ServerBuilder {
    endpoints: Vec<String>,
    space: AddressSpace,
    decode: DecodeOptions,
    schedule: ScheduleLimits,
    max_frame: usize,
    max_connections: usize,
    precision: Duration,
    late_slack: Duration,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            space: AddressSpace::new(),
            decode: DecodeOptions::new(),
            schedule: ScheduleLimits::new(),
            max_frame: DEFAULT_MAX_FRAME,
            max_connections: 500,
            precision: Duration::ZERO,
            late_slack: Duration::ZERO,
        }
    }
}

impl Server {
    /// Starts a server's description.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }
}

impl ServerBuilder {
    /// Listens on UDP: `"127.0.0.1:9000"`, `"[::1]:9000"`, `"localhost:9000"`, `"*:9000"` for all interfaces. Port 0
    /// is any free port. May be called again for another socket.
    pub fn udp(self, address: impl ToString) -> Self {
        self.endpoint(format!("osc.udp://{}", address.to_string()))
    }

    /// Listens on TCP and finds each peer's framing out: length prefix or SLIP. May be called again.
    pub fn tcp(self, address: impl ToString) -> Self {
        self.endpoint(format!("osc.tcp://{}", address.to_string()))
    }

    /// Listens on an [`Endpoint`], which may be given as text: `"osc.tcp://*:3032?framing=slip"`.
    pub fn endpoint(mut self, endpoint: impl ToString) -> Self {
        self.endpoints.push(endpoint.to_string());
        self
    }

    /// Where messages are dispatched to. Default: an address space without methods.
    pub fn address_space(mut self, space: AddressSpace) -> Self {
        self.space = space;
        self
    }

    /// What decoding accepts. Default [`DecodeOptions::new`].
    pub const fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.decode = options;
        self
    }

    /// How many bundles may wait, how large, and for how long. Default [`ScheduleLimits::new`].
    pub const fn schedule_limits(mut self, limits: ScheduleLimits) -> Self {
        self.schedule = limits;
        self
    }

    /// How large a frame on TCP may be, in bytes. Default 1 MiB. Each connection may take that much memory.
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = bytes;
        self
    }

    /// How many TCP connections there may be at once, for each listener. Default 500. More wait in the system's queue.
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Wakes so much before a bundle is due, 1 ms at the most, and spins until it is: on time to a few microseconds,
    /// for the time of a processor. Default zero: some ten to a hundred microseconds late, as the system wakes us.
    ///
    /// While it spins nothing else runs on that thread of the runtime.
    pub const fn precision(mut self, precision: Duration) -> Self {
        self.precision = precision;
        self
    }

    /// Lets bundles run so much late at the most, so that those close to each other need one waking. Default zero.
    pub const fn late_slack(mut self, slack: Duration) -> Self {
        self.late_slack = slack;
        self
    }

    /// Binds all sockets: from here on they receive, though nothing runs before [`Server::serve`].
    ///
    /// # Errors
    ///
    /// [`BindError`] names the endpoint that cannot be bound. None is bound then.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing is bound.
    pub async fn bind(self) -> Result<Server, BindError> {
        if self.endpoints.is_empty() {
            return Err(BindError::NoEndpoint);
        }
        let mut bound = Bound::default();
        for text in &self.endpoints {
            let endpoint: Endpoint = text
                .parse()
                .map_err(|source| BindError::Endpoint { endpoint: text.clone(), source })?;
            self.bind_endpoint(endpoint, &mut bound)
                .await
                .map_err(|source| BindError::Bind { endpoint: text.clone(), source })?;
        }
        self.assemble(bound).map_err(BindError::System)
    }

    async fn bind_endpoint(&self, endpoint: Endpoint, bound: &mut Bound) -> io::Result<()> {
        let addr = endpoint.resolve().await?;
        let real = match endpoint {
            Endpoint::Tcp { framing, .. } => {
                let listener = Listener::builder()
                    .framing(framing)
                    .max_frame(self.max_frame)
                    .max_connections(self.max_connections)
                    .decode_options(self.decode)
                    .bind(addr)
                    .await?;
                let real = listener.local_addr()?;
                bound.listeners.push(listener);
                Endpoint::Tcp { host: real.ip().into(), port: real.port(), framing }
            }
            _ => {
                let udp = Udp::builder().decode_options(self.decode).bind(addr).await?;
                let real = udp.local_addr()?;
                bound.sockets.push(udp);
                Endpoint::Udp { host: real.ip().into(), port: real.port() }
            }
        };
        bound.endpoints.push(real);
        Ok(())
    }

    fn assemble(self, bound: Bound) -> io::Result<Server> {
        let counters = Arc::new(Counters::default());
        let (stop, stopped) = (CancellationToken::new(), CancellationToken::new());
        let mut ways_out = Vec::new();
        let mut senders = Vec::new();
        for udp in &bound.sockets {
            let (queue, waiting) = mpsc::channel::<(oscine_codec::Packet, SocketAddr)>(QUEUE);
            ways_out.push(UdpOut { sender: udp.sender(), queue });
            senders.push((udp.sender(), waiting));
        }
        let outbound = Arc::new(Outbound::new(ways_out, Arc::clone(&counters)));
        let clock = Clock::system();
        let timer =
            Timer::new(clock.clone())?.precision(self.precision).late_slack(self.late_slack);
        let (inbox_sender, inbox) = mpsc::channel(INBOX);
        let main_loop = MainLoop {
            dispatcher: Dispatcher {
                engine: Engine::new(self.schedule),
                clock,
                caller: Caller::new(self.space.clone(), Arc::clone(&outbound) as Arc<dyn Outlet>),
                counters: Arc::clone(&counters),
                decode: self.decode,
            },
            sockets: bound.sockets,
            inbox,
            timer,
            stop: stop.clone(),
            alive: Arc::new(Alive { outbound: Arc::clone(&outbound), stopped: stopped.clone() }),
        };
        let handle = ServerHandle {
            space: self.space,
            outbound,
            counters,
            endpoints: bound.endpoints.into(),
            stop,
            stopped,
        };
        let listeners = bound.listeners;
        Ok(Server { main_loop, listeners, senders, handle, inbox: inbox_sender })
    }
}

/// What is bound so far.
#[derive(Debug, Default)]
struct Bound {
    sockets: Vec<Udp>,
    listeners: Vec<Listener>,
    endpoints: Vec<Endpoint>,
}

/// Why a server could not be bound.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// No endpoint was named.
    #[error("no endpoint to listen on")]
    NoEndpoint,
    /// What was named is not an endpoint.
    #[error("{endpoint:?} is not an endpoint")]
    Endpoint {
        /// What was named.
        endpoint: String,
        /// What is wrong with it.
        source: ParseEndpointError,
    },
    /// The system refused.
    #[error("cannot listen on {endpoint}")]
    Bind {
        /// Where.
        endpoint: String,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no timer for us.
    #[error("cannot make a timer")]
    System(#[source] io::Error),
}
