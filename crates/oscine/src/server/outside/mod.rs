//! The server as seen from elsewhere: handles, subscriptions, figures, and what the log is told.

pub(crate) mod counters;
pub(crate) mod drop_log;
pub(crate) mod handle;
pub(crate) mod lateness;
pub(crate) mod pending;
pub(crate) mod subscription;
pub(crate) mod telling;
