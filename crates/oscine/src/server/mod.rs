//! The server: sockets to methods, bundles at their time, replies back.
//!
//! One task reads the UDP sockets and clients that serve, keeps the schedule and calls the handlers, one after another:
//! a bundle is atomic because nothing else runs. Each connection has a task of its own, which reads packets into a bounded
//! queue and writes what is sent to that peer.
//!
//! ```text
//!   UDP sockets ─────────────────────────────────┐
//!   listeners ──► connection ──► bounded queue ─►│ gate ► decode ► dispatch ──► handlers
//!   own streams ► connection ──► of reads and    │           │        ▲            │ replies
//!   own, unix datagrams ───────► datagrams       │           ▼        │ due        │
//!       ▲             ▲                          │     engine, schedule, timer     ▼
//!       └─────────────┴───────────────────────────── outbound ◄────────────────────┘
//! ```
//!
//! A handler that does not return holds up what comes after it, unless it is [concurrent](crate::HandlerExt::concurrent),
//! and nothing else: sockets are bound, connections are kept, and what the system's buffers hold waits.

pub(crate) mod accepted;
pub(crate) mod admin;
pub(crate) mod alive;
pub(crate) mod any_stream;
pub(crate) mod assemble;
pub(crate) mod backlog;
pub(crate) mod bind;
pub(crate) mod bind_error;
pub(crate) mod builder;
pub(crate) mod built_in;
pub(crate) mod callers;
pub(crate) mod calls;
pub(crate) mod carrier;
pub(crate) mod connection;
pub(crate) mod counters;
pub(crate) mod datagram_sender;
pub(crate) mod datagrams;
pub(crate) mod delivery;
pub(crate) mod door;
pub(crate) mod drop_log;
pub(crate) mod handle;
pub(crate) mod inbound;
pub(crate) mod inbox;
pub(crate) mod lateness;
pub(crate) mod learning;
pub(crate) mod lease;
pub(crate) mod line;
pub(crate) mod listen;
pub(crate) mod main_loop;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod offer;
pub(crate) mod opening;
pub(crate) mod outbound;
pub(crate) mod pending;
pub(crate) mod place;
pub(crate) mod port;
pub(crate) mod rate_time;
pub(crate) mod ruled;
pub(crate) mod runner;
pub(crate) mod serve;
pub(crate) mod serve_error;
pub(crate) mod served;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod server;
pub(crate) mod shared;
pub(crate) mod short_way;
pub(crate) mod step;
pub(crate) mod stop;
pub(crate) mod subscription;
pub(crate) mod target;
pub(crate) mod tasks;
pub(crate) mod telling;
pub(crate) mod turn;
pub(crate) mod two_way;
pub(crate) mod udp_sockets;
#[cfg(unix)]
pub(crate) mod unix_datagrams;
pub(crate) mod unsent;

pub use accepted::Accepted;
pub use bind::Bind;
pub use bind_error::BindError;
pub use builder::ServerBuilder;
pub use counters::Stats;
pub use handle::ServerHandle;
pub use lateness::{LatenessHistogram, LatenessStats};
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use pending::PendingBundle;
pub use port::PortState;
pub use serve::Serve;
pub use serve_error::{OnError, ServeError};
pub use server::Server;
pub use subscription::{Delivery, Subscription, TypedSubscription};
pub use target::Target;
