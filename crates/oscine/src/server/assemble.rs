//! Putting a server together.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;
use oscine_codec::Address;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::address_space::address_space::AddressSpace;
use crate::clock::clock::Clock;
use crate::engine::engine::Engine;
use crate::engine::timing::Timing;
use crate::fault_log::FaultLog;
use crate::handler::outlet::Outlet;
use crate::peer::Peer;
use crate::peers::gate::Gate;
use crate::peers::learn::options::OffsetOptions;
use crate::peers::networks::Networks;
use crate::peers::rate_limit::RateLimit;
use crate::peers::rules::PeerRules;
use crate::peers::settings::GateSettings;
use crate::schedule::limits::ScheduleLimits;
use crate::server::alive::Alive;
use crate::server::built_in::methods as built_in;
use crate::server::callers::Callers;
use crate::server::calls::Calls;
use crate::server::counters::Counters;
use crate::server::drop_log::DropLog;
use crate::server::handle::ServerHandle;
use crate::server::inbound::{INBOX, Pool};
use crate::server::inbox::Inbox;
use crate::server::lateness::Lateness;
use crate::server::line::Line;
use crate::server::main_loop::MainLoop;
#[cfg(feature = "metrics")]
use crate::server::metrics::options::Metrics;
#[cfg(feature = "metrics")]
use crate::server::metrics::publisher::Publisher;
use crate::server::opening::{Opened, Opener};
use crate::server::outbound::Outbound;
use crate::server::rate_time::RateTime;
use crate::server::runner::Runner;
use crate::server::serve_error::OnError;
use crate::server::server::Server;
use crate::server::shared::{OnBound, OnBundle, OnConnect, OnDisconnect, OnFault, Shared};
use crate::server::stop::Stop;
use crate::server::subscription::Subscribers;
use crate::server::tasks::Tasks;
use crate::timer::timer::Timer;

/// What holds for a whole server.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// Tried before the address spaces of the endpoints.
    pub(crate) admin_space: Option<AddressSpace>,
    /// Where the built-in methods are to stand, as it was given.
    pub(crate) built_in: Option<String>,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Metrics,
    pub(crate) schedule: ScheduleLimits,
    pub(crate) timing: Timing,
    /// The system's, if none is given.
    pub(crate) clock: Option<Clock>,
    pub(crate) precision: Duration,
    pub(crate) late_slack: Duration,
    pub(crate) rules: Arc<PeerRules>,
    pub(crate) offset_options: OffsetOptions,
    pub(crate) rate: Option<RateLimit>,
    pub(crate) networks: Networks,
    pub(crate) on_handler_error: OnError,
    pub(crate) handler_timeout: Option<Duration>,
    pub(crate) concurrent: Option<usize>,
}

/// Who hears of what happens.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) on_bound: Option<OnBound>,
    pub(crate) on_error: Option<OnFault>,
    pub(crate) on_connect: Option<OnConnect>,
    pub(crate) on_bundle_start: Option<OnBundle>,
    pub(crate) on_bundle_end: Option<OnBundle>,
    pub(crate) on_disconnect: Option<OnDisconnect>,
}

impl Settings {
    /// Puts a server together around endpoints that are bound.
    pub(crate) fn assemble(
        self,
        built_in: Option<Address>,
        opener: Opener,
        opened: Vec<Opened>,
        callbacks: Callbacks,
    ) -> io::Result<Server> {
        let clock = self.clock.unwrap_or_else(Clock::system);
        let timer = Timer::new(clock.clone())?;
        let timer = timer.precision(self.precision).late_slack(self.late_slack);
        let gate_settings = GateSettings::new(self.rules, self.rate, self.networks);
        let gate_settings = Arc::new(gate_settings.with_offset_options(self.offset_options));
        let gate = Gate::new(Arc::clone(&gate_settings));
        let counters = Arc::new(Counters::default());
        let cut = CancellationToken::new();
        let (inbox_sender, inbox) = mpsc::channel(INBOX);
        let (opened_sender, later) = mpsc::unbounded_channel();
        let telling = Arc::default();
        let shared = Arc::new(Shared {
            space: opener.space.clone(),
            ports: ArcSwap::default(),
            outbound: Outbound::new(Arc::clone(&counters), Arc::clone(&telling)),
            counters,
            line: Line::new(Engine::with_hosts(self.schedule, Peer::host), self.timing),
            lateness: Lateness::default(),
            fault_log: FaultLog::default(),
            clock: clock.clone(),
            gate: gate_settings,
            peers: Arc::clone(gate.table()),
            learners: Arc::clone(gate.learners()),
            departed: Mutex::default(),
            subscribers: Subscribers::default(),
            pool: Pool::default(),
            opener,
            inbox: inbox_sender,
            opened: opened_sender,
            changed: Notify::new(),
            #[cfg(feature = "metrics")]
            publisher: Mutex::new(Publisher::new(self.metrics)),
            on_bound: callbacks.on_bound,
            on_error: callbacks.on_error,
            telling,
            on_handler_error: self.on_handler_error,
            fatal: OnceLock::new(),
            on_connect: callbacks.on_connect,
            on_bundle_start: callbacks.on_bundle_start,
            on_bundle_end: callbacks.on_bundle_end,
            on_disconnect: callbacks.on_disconnect,
            stop: Stop::default(),
            over: CancellationToken::new(),
            calls: Calls::new(cut.clone()),
            cut,
            handler_timeout: self.handler_timeout,
            slots: self
                .concurrent
                .map(|calls| Arc::new(Semaphore::new(calls.clamp(1, Semaphore::MAX_PERMITS)))),
            stopped: CancellationToken::new(),
        });
        let alive = Arc::new(Alive::new(Arc::clone(&shared)));
        let built_in = built_in.map(|prefix| built_in::methods(&shared, &prefix));
        let first = self.admin_space.into_iter().chain(built_in);
        let runner = Runner {
            callers: Callers::new(shared.space.clone()).first(first),
            gate,
            drops: DropLog::default(),
            rates: RateTime::new(clock.clone()),
            clock,
            outlet: Arc::clone(&shared) as Arc<dyn Outlet>,
            shared: Arc::clone(&shared),
            drains: false,
        };
        let tasks = Tasks {
            shared: Arc::clone(&shared),
            next_connection: Arc::new(AtomicU64::new(0)),
            _alive: Arc::clone(&alive),
        };
        for endpoint in opened {
            // The loop reads what it is handed when it runs.
            let _ = shared.announce(endpoint);
        }
        let main_loop = MainLoop {
            runner,
            sockets: Vec::new(),
            clients: Vec::new(),
            first: 0,
            inbox: Inbox::new(inbox, Arc::clone(&alive)),
            rest: None,
            opened: later,
            timer,
            asks: false,
            tasks,
            shared: Arc::clone(&shared),
            _alive: alive,
        };
        Ok(Server { handle: ServerHandle { shared }, main_loop })
    }
}
