//! How long the server knows an endpoint that the program has brought.

use std::sync::Arc;

use crate::server::endpoint::port::{Port, PortState};
use crate::server::shared::Shared;

/// Held by all that belongs to an endpoint that the program has brought: it is closed and forgotten when nothing is left
/// of it. So such endpoints may come and go for ever.
pub(crate) struct Lease {
    shared: Arc<Shared>,
    port: Arc<Port>,
}

impl Lease {
    pub(crate) fn new(shared: &Arc<Shared>, port: &Arc<Port>) -> Self {
        Self { shared: Arc::clone(shared), port: Arc::clone(port) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.port.set(PortState::Closed);
        self.shared.outbound.close_endpoint(self.port.number);
        self.shared.forget_port(self.port.number);
    }
}
