//! The end of a server.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::server::outbound::Outbound;

/// Held by everything that keeps a port of the server bound: when the last one is dropped, the server has stopped.
#[derive(Debug)]
pub(crate) struct Alive {
    pub(crate) outbound: Arc<Outbound>,
    pub(crate) stopped: CancellationToken,
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.outbound.close();
        self.stopped.cancel();
    }
}
