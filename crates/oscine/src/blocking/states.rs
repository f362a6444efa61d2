//! How a client that reconnects stands, one state after the other.

use std::time::Duration;

use futures::StreamExt;
use oscine_transport::reconnect::{self, State};

use crate::blocking::driver::Driver;

/// How a client that reconnects stands, now and whenever that changes; see
/// [`Sender::states`](super::Sender::states).
///
/// It ends when the client is closed. What changed in between, while nobody asked, is passed over:
/// the state is always the newest.
#[derive(Debug)]
pub struct States {
    pub(crate) states: reconnect::States,
    pub(crate) driver: Driver,
}

impl States {
    /// Waits for the next state, no longer than `limit`; `None` when there is none by then, when the
    /// client is closed, and inside of an async runtime.
    pub fn next_timeout(&mut self, limit: Duration) -> Option<State> {
        let next = self.states.next();
        self.driver.wait(async { tokio::time::timeout(limit, next).await }).ok()?.ok()?
    }
}

impl Iterator for States {
    type Item = State;

    fn next(&mut self) -> Option<State> {
        self.driver.wait(self.states.next()).ok()?
    }
}
