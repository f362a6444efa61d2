//! The recorder in the description of a server.

use crate::server::builder::ServerBuilder;
use crate::server::metrics::options::Metrics;

/// What watches the server.
impl ServerBuilder {
    /// How often the recorder of crate [`metrics`] is told what is counted, and with which labels. Default
    /// [`Metrics::new`]. Needs feature `metrics`.
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.settings.metrics = metrics;
        self
    }
}
