//! How figures are told to a recorder.

use std::time::Duration;

use metrics::{Label, SharedString};

/// How a server tells what it has counted to the recorder of crate [`metrics`], again and again while it serves, and
/// once when it has stopped. Needs feature `metrics`.
///
/// Every server tells it, if the program has installed a recorder before it serves; else nothing is lost but the work. Of
/// counters and gauges it tells by how much they have changed. So servers of one program add up, unless labels tell them
/// apart, and a server that is bound anew goes on where the one before it has ended.
///
/// | counter | label | counts, as [`Stats`](crate::Stats) has it |
/// | --- | --- | --- |
/// | `oscine_received_total`, `oscine_received_bytes_total` | | `received`, `received_bytes` |
/// | `oscine_bad_total` | `kind` | `transport.bad` |
/// | `oscine_tolerated_total` | `kind` | `transport.tolerances` |
/// | `oscine_drops_total` | `cause` | `transport.drops`, and `denied`, `rate_limited`, `coalesced`, `schedule_refused`, `dropped_late`, `dropped_at_stop` |
/// | `oscine_messages_total`, `oscine_calls_total` | | `messages`, `calls` |
/// | `oscine_unmatched_total`, `oscine_bad_patterns_total`, `oscine_misfits_total` | | `unmatched`, `bad_patterns`, `misfits` |
/// | `oscine_handler_faults_total` | `kind`: `error`, `panic`, `timeout` | `handler_errors`, `handler_panics`, `handler_timeouts` |
/// | `oscine_scheduled_total`, `oscine_released_total`, `oscine_disordered_total`, `oscine_cancelled_total` | | `scheduled`, `released`, `disordered`, `cancelled` |
/// | `oscine_sent_total`, `oscine_send_failures_total` | | `sent`, `send_failures` |
/// | `oscine_written_total`, `oscine_written_bytes_total` | | `transport.sent`, `transport.sent_bytes` |
/// | `oscine_transient_errors_total` | | `transport.transient_errors` |
/// | `oscine_unanswered_total` | | `unanswered` |
/// | `oscine_connections_total` | `kind`: `accepted`, `unwanted`, `opened`, `refused`, `idle`, `slow`, `broken`, `failed` | `connections`, `refused_connections`, and those of `transport.connections` |
/// | `oscine_clock_steps_total` | | `clock_steps` |
///
/// | gauge | is |
/// | --- | --- |
/// | `oscine_pending_bundles`, `oscine_pending_bytes` | `pending`, `pending_bytes` |
/// | `oscine_connections_open` | `transport.connections.open` |
///
/// | histogram | has |
/// | --- | --- |
/// | `oscine_lateness_seconds` | how late each bundle ran that had waited, in seconds, at most a hundredth more than it was, all of them at the next telling |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oscine::{Metrics, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The recorder of an exporter comes first.
/// let metrics = Metrics::new().interval(Duration::from_secs(10)).label("stage", "left");
/// let server = Server::builder().udp("127.0.0.1:0").metrics(metrics).bind().await?;
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    pub(crate) interval: Duration,
    pub(crate) labels: Vec<Label>,
}

impl Metrics {
    /// Tells once a second, without labels of its own.
    #[must_use]
    pub const fn new() -> Self {
        Self { interval: Duration::from_secs(1), labels: Vec::new() }
    }

    /// How often it is told. Default 1 s, at least 10 ms. It takes some microseconds of the server's time.
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Self {
        self.interval = if interval.as_millis() < LEAST.as_millis() { LEAST } else { interval };
        self
    }

    /// Adds a label to everything that this server tells.
    #[must_use]
    pub fn label(mut self, key: impl Into<SharedString>, value: impl Into<SharedString>) -> Self {
        self.labels.push(Label::new(key, value));
        self
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// The shortest interval.
const LEAST: Duration = Duration::from_millis(10);
