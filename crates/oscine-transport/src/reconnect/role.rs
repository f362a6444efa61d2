//! What can be set on a client beside its connections.

use core::time::Duration;

use crate::connection::role::Connect;
use crate::reconnect::queue::Bounds;
use crate::reconnect::while_down::WhileDown;

/// A [`Builder`](crate::connection::Builder) for a client that keeps a connection alive.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Reconnect {
    pub(super) connect: Connect,
    pub(super) bounds: Bounds,
    pub(super) pace: Pace,
    /// How many packets received may wait to be read; `None` if nobody wants them.
    pub(super) inbox: Option<usize>,
}

/// How long things take; the builder documents each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) grace: Duration,
}

impl Reconnect {
    pub(super) fn new(connect: Connect) -> Self {
        Self {
            connect,
            bounds: Bounds {
                limit: 1_024,
                while_down: WhileDown::default(),
                max_age: Some(Duration::from_secs(5)),
            },
            pace: Pace {
                first_wait: Duration::from_millis(100),
                longest_wait: Duration::from_secs(10),
                connect_timeout: Duration::from_secs(5),
                grace: Duration::from_secs(5),
            },
            inbox: Some(1_024),
        }
    }
}
