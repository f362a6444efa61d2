//! The end of a server.

use std::sync::Arc;

use crate::server::shared::Shared;

/// Held by everything that keeps a port of the server bound: when the last one is dropped, the server has stopped.
#[derive(Debug)]
pub(crate) struct Alive {
    pub(crate) shared: Arc<Shared>,
}

impl Drop for Alive {
    fn drop(&mut self) {
        // Before the sockets are let go of, as they count as well.
        #[cfg(feature = "metrics")]
        self.shared.publish();
        self.shared.outbound.close();
        self.shared.subscribers.end();
        self.shared.stopped.cancel();
    }
}
