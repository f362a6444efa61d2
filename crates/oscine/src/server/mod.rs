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

pub(crate) mod admin;
pub(crate) mod alive;
pub(crate) mod assemble;
pub(crate) mod builder;
pub(crate) mod built_in;
pub(crate) mod callers;
pub(crate) mod endpoint;
pub(crate) mod learning;
pub(crate) mod line;
pub(crate) mod main_loop;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod offer;
pub(crate) mod outside;
pub(crate) mod rate_time;
pub(crate) mod runner;
pub(crate) mod serve;
pub(crate) mod serve_error;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod server;
pub(crate) mod shared;
pub(crate) mod short_way;
pub(crate) mod step;
pub(crate) mod stop;
pub(crate) mod turn;
pub(crate) mod ways;

pub use builder::ServerBuilder;
pub use endpoint::accepted::Accepted;
pub use endpoint::bind::Bind;
pub use endpoint::bind_error::BindError;
pub use endpoint::port::PortState;
#[cfg(feature = "metrics")]
pub use metrics::Metrics;
pub use outside::counters::Stats;
pub use outside::handle::ServerHandle;
pub use outside::lateness::{LatenessHistogram, LatenessStats};
pub use outside::pending::PendingBundle;
pub use outside::subscription::{Delivery, Subscription, TypedSubscription};
pub use serve::Serve;
pub use serve_error::{OnError, ServeError};
pub use server::Server;
pub use ways::target::Target;
