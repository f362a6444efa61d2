//! How a connection came to a bad end.

use crate::codec::stream_error::StreamError;
use crate::stats::counters::{ConnectionEvent, Counters};

/// How a connection came to a bad end, as it was counted: the first reason if there are several.
#[derive(Debug, Default)]
pub(super) struct Fate(Option<ConnectionEvent>);

impl Fate {
    /// Notes that reading failed.
    #[cold]
    pub(super) fn unreadable(&mut self, error: &StreamError, counters: &Counters) {
        let event = match error {
            StreamError::Idle { .. } => ConnectionEvent::Idle,
            StreamError::Slow { .. } => ConnectionEvent::Slow,
            StreamError::Frame(_) | StreamError::Io(_) => ConnectionEvent::Broken,
        };
        self.meet(event, counters);
    }

    /// Notes that writing failed.
    #[cold]
    pub(super) fn unwritable(&mut self, counters: &Counters) {
        self.meet(ConnectionEvent::Broken, counters);
    }

    fn meet(&mut self, event: ConnectionEvent, counters: &Counters) {
        if self.0.is_none() {
            self.0 = Some(event);
            counters.connection(event);
        }
    }
}
