//! A server's description.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use oscine_codec::{DecodeOptions, TimeTag};
use oscine_transport::Endpoint;
use oscine_transport::framing::DEFAULT_MAX_FRAME;
use oscine_transport::hook::Hook;

use crate::address_space::address_space::AddressSpace;
use crate::clock::clock::Clock;
use crate::engine::timing::Timing;
use crate::fault::Fault;
use crate::peer::Peer;
use crate::peers::networks::Networks;
use crate::peers::rate_limit::RateLimit;
use crate::peers::rules::PeerRules;
use crate::schedule::limits::ScheduleLimits;
use crate::server::assemble::{Callbacks, Settings};
use crate::server::endpoint::bind_error::BindError;
use crate::server::endpoint::opening::Opener;
use crate::server::endpoint::place::Place;
use crate::server::serve_error::OnError;
use crate::server::server::Server;

/// A server's description: where it listens, and what it does with what it hears.
///
/// Nothing is bound unless it is named.
#[must_use = "a builder does nothing until it is bound"]
pub struct ServerBuilder {
    pub(crate) endpoints: Vec<Place>,
    /// The endpoint that is asked first for a way to an address.
    pub(crate) default_endpoint: Option<usize>,
    space: AddressSpace,
    decode: DecodeOptions,
    max_frame: usize,
    max_connections: usize,
    hooks: Vec<Arc<dyn Hook>>,
    pub(crate) settings: Settings,
    callbacks: Callbacks,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            default_endpoint: None,
            space: AddressSpace::new(),
            decode: DecodeOptions::new(),
            max_frame: DEFAULT_MAX_FRAME,
            max_connections: 500,
            hooks: Vec::new(),
            settings: Settings::default(),
            callbacks: Callbacks::default(),
        }
    }
}

impl Server {
    /// Starts a server's description.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }
}

/// What to do with what arrives.
impl ServerBuilder {
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
        self.settings.schedule = limits;
        self
    }

    /// How time tags are taken: whether bundles wait, what becomes of late ones, and how far the clocks of peers are
    /// off. Default [`Timing::new`].
    pub const fn timing(mut self, timing: Timing) -> Self {
        self.settings.timing = timing;
        self
    }

    /// By which clock bundles run, and rates are counted. Default [`Clock::system`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = Some(clock);
        self
    }

    /// How long before a bundle is due the server stops waiting for the system, and looks at the clock without pause
    /// instead: that keeps a core busy for so long, and runs bundles within a microsecond or two of their time. Default
    /// zero, for some 50 to 150 microseconds of lateness; at most 1 ms.
    ///
    /// With 100 microseconds or more, a bundle begins 50 microseconds before it is due and waits right before its first
    /// handler, hook or subscriber: it cannot be cancelled from there on.
    pub const fn precision(mut self, precision: Duration) -> Self {
        self.settings.precision = precision;
        self
    }

    /// How much later than necessary the server may wake for a bundle, so that it wakes once for several. Default zero.
    pub const fn late_slack(mut self, slack: Duration) -> Self {
        self.settings.late_slack = slack;
        self
    }

    /// How many async handlers may be under way at once while other messages go on. Default: none, each message waits
    /// for the one before it.
    ///
    /// Handlers are still begun in order, and up to their first wait nothing comes between; what they do after it, and
    /// their replies, may come in any order, also those of one bundle. With one more the server waits for the first to
    /// finish. A method may have a limit of its own: [`HandlerExt::concurrent`](crate::HandlerExt::concurrent). Zero is
    /// one.
    pub const fn concurrent(mut self, calls: usize) -> Self {
        self.settings.concurrent = Some(calls);
        self
    }

    /// How long an async handler may take; then it is dropped where it waits, and counted. Default: for ever. A handler
    /// that blocks its thread cannot be cut short.
    pub const fn handler_timeout(mut self, limit: Duration) -> Self {
        self.settings.handler_timeout = Some(limit);
        self
    }

    /// How large a frame of a stream may be, and a [datagram of the program's own](Self::datagrams), in bytes. Default
    /// 1 MiB.
    ///
    /// Each connection may hold twice as much of a frame that is not whole, as its buffer doubles; over SLIP, where every
    /// byte may be escaped, four times as much. So worst-case memory use is that, times
    /// [`max_connections`](Self::max_connections). It is given back when the frame has been taken.
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = bytes;
        self
    }

    /// How many connections there may be at once, for each listener and each [stream of them](Self::connections).
    /// Default 500. More wait in the system's queue, or in the stream. How many of one host:
    /// [`PeerOptions::max_connections`](crate::PeerOptions::max_connections).
    pub const fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Adds a [hook](oscine_transport::hook) on the bytes that pass through all endpoints that are bound by this
    /// builder, or brought to it.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }
}

/// Who may send what.
impl ServerBuilder {
    /// Which networks may send, and which may not. Default: all. Others are not accepted over TCP; what they send over
    /// UDP is dropped before it is decoded, and counted.
    pub fn networks(mut self, networks: Networks) -> Self {
        self.settings.networks = networks;
        self
    }

    /// How much one host may send, and what becomes of what is too much. Default: as much as it sends.
    pub const fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.settings.rate = Some(limit);
        self
    }

    /// What is different for some peers, or some endpoints. Default: nothing.
    pub fn peer_rules(mut self, rules: PeerRules) -> Self {
        self.settings.rules = Arc::new(rules);
        self
    }
}

/// Who hears of what happens.
impl ServerBuilder {
    /// Hears of each endpoint when it is bound, with the address that was really bound, also of those that are
    /// [added](crate::ServerHandle::add_endpoint) later.
    pub fn on_bound(mut self, hear: impl Fn(&Endpoint) + Send + Sync + 'static) -> Self {
        self.callbacks.on_bound = Some(Arc::new(hear));
        self
    }

    /// Hears of each connection before anything is read from it, and says whether it is wanted; if not, it is closed
    /// and counted. It must not block.
    pub fn on_connect(mut self, wants: impl Fn(&Peer) -> bool + Send + Sync + 'static) -> Self {
        self.callbacks.on_connect = Some(Arc::new(wants));
        self
    }

    /// Hears of each connection when it is closed, whoever closed it. It must not block.
    pub fn on_disconnect(mut self, hear: impl Fn(&Peer) + Send + Sync + 'static) -> Self {
        self.callbacks.on_disconnect = Some(Arc::new(hear));
        self
    }

    /// Hears of each bundle before the first of its messages that run now, when it runs and not when it arrives: who
    /// sent it, and the time tag that applies to it. Nested bundles are between the start and the end of what is around
    /// them. It must not block.
    pub fn on_bundle_start(
        mut self,
        hear: impl Fn(&Peer, TimeTag) + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.on_bundle_start = Some(Arc::new(hear));
        self
    }

    /// Hears of each bundle when the last of its messages that run now is through; see
    /// [`on_bundle_start`](Self::on_bundle_start).
    pub fn on_bundle_end(mut self, hear: impl Fn(&Peer, TimeTag) + Send + Sync + 'static) -> Self {
        self.callbacks.on_bundle_end = Some(Arc::new(hear));
        self
    }

    /// What a handler's failure does to the server. Default: [`OnError::Continue`].
    pub const fn on_handler_error(mut self, then: OnError) -> Self {
        self.settings.on_handler_error = then;
        self
    }

    /// Hears of everything that goes wrong and does not end the server, beside the log. It is called on the way of the
    /// packets, so it must not block; a panic in it is caught. Of a fault that comes up inside of it, as when it sends to
    /// a peer that has gone, it does not hear.
    pub fn on_error(mut self, hear: impl Fn(&Fault<'_>) + Send + Sync + 'static) -> Self {
        self.callbacks.on_error = Some(Arc::new(hear));
        self
    }
}

impl ServerBuilder {
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
        let built_in = self.built_in_prefix()?;
        let opener = Opener {
            space: self.space.clone(),
            decode: self.decode,
            max_frame: self.max_frame,
            max_connections: self.max_connections,
            hooks: self.hooks,
            rules: Arc::clone(&self.settings.rules),
            next: AtomicUsize::new(0),
            streams: Arc::default(),
        };
        let mut opened = Vec::new();
        for place in self.endpoints {
            let next = place.open(&opener).await?;
            if let Some(on_bound) = &self.callbacks.on_bound {
                next.port.endpoint.iter().for_each(|endpoint| on_bound(endpoint));
            }
            opened.push(next);
        }
        let server = self.settings.assemble(built_in, opener, opened, self.callbacks);
        let server = server.map_err(BindError::System)?;
        match self.default_endpoint {
            Some(number) if !server.handle.set_default_endpoint(number) => {
                Err(BindError::DefaultEndpoint { number })
            }
            _ => Ok(server),
        }
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("endpoints", &self.endpoints)
            .field("space", &self.space)
            .finish_non_exhaustive()
    }
}
