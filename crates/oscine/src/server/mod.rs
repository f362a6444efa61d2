//! The server: sockets to methods, bundles at their time, replies back.
//!
//! One task reads the UDP sockets, keeps the schedule and calls the handlers, one after another: a bundle is atomic
//! because nothing else runs. Each connection has a task of its own, which reads packets into a bounded queue and writes
//! what is sent to that peer.
//!
//! ```text
//!   UDP sockets ─────────────────────────────────┐
//!   listeners ──► connection ──► bounded queue ─►│ gate ► decode ► dispatch ──► handlers
//!                 connection ──► of reads        │           │        ▲            │ replies
//!                     ▲          unix datagrams ─►│           ▼        │ due        │
//!                     │                          │     engine, schedule, timer     ▼
//!                     └───────────────────────────── outbound ◄────────────────────┘
//! ```
//!
//! A handler that does not return holds up what comes after it, unless it is [concurrent](crate::HandlerExt::concurrent),
//! and nothing else: sockets are bound, connections are kept, and what the system's buffers hold waits.

pub(crate) mod admin;
pub(crate) mod alive;
pub(crate) mod assemble;
pub(crate) mod backlog;
pub(crate) mod bind;
pub(crate) mod bind_error;
pub(crate) mod builder;
pub(crate) mod built_in;
pub(crate) mod callers;
pub(crate) mod calls;
pub(crate) mod connection;
pub(crate) mod counters;
pub(crate) mod drop_log;
pub(crate) mod handle;
pub(crate) mod inbound;
pub(crate) mod lateness;
pub(crate) mod line;
pub(crate) mod main_loop;
#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod offer;
pub(crate) mod opening;
pub(crate) mod outbound;
pub(crate) mod pending;
pub(crate) mod port;
pub(crate) mod runner;
pub(crate) mod serve;
pub(crate) mod serve_error;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod server;
pub(crate) mod shared;
pub(crate) mod short_way;
pub(crate) mod step;
pub(crate) mod stop;
pub(crate) mod subscription;
pub(crate) mod tasks;
#[cfg(unix)]
pub(crate) mod unix_datagrams;
pub(crate) mod unsent;

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
