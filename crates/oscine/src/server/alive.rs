//! The end of a server.

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

use crate::server::inbound::Inbound;
use crate::server::shared::Shared;

/// Held by everything that keeps a port of the server bound: when the last one is dropped, the server has stopped.
#[derive(Debug)]
pub(crate) struct Alive {
    pub(crate) shared: Arc<Shared>,
    /// What the loop has closed, and somebody may still put something in.
    inbox: OnceLock<mpsc::Receiver<Inbound>>,
}

impl Alive {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared, inbox: OnceLock::new() }
    }

    /// Keeps what the loop has closed.
    pub(crate) fn keep(&self, inbox: mpsc::Receiver<Inbound>) {
        // There is one loop, which closes it once.
        let _ = self.inbox.set(inbox);
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Counts what is in it.
        drop(self.inbox.take());
        // Before the sockets are let go of, as they count as well.
        #[cfg(feature = "metrics")]
        self.shared.publish();
        self.shared.outbound.close();
        self.shared.subscribers.end();
        self.shared.stopped.cancel();
    }
}
