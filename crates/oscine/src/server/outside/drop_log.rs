//! What a server drops, in the log.

use oscine_transport::quiet::Quiet;
use oscine_transport::stats::DropCause;
use tokio::time::Instant;
use tracing::{debug, warn};

use crate::peer::Peer;
use crate::peers::line::Held;

/// Tells the log what a server drops, once a minute at most for each cause: it is peers who say how often that is.
#[derive(Debug, Default)]
pub(crate) struct DropLog {
    denied: Quiet,
    rate_limited: Quiet,
    coalesced: Quiet,
    schedule_full: Quiet,
    late: Quiet,
}

impl DropLog {
    /// Whether a drop is to be told: if so, how many were not told before it.
    #[cold]
    pub(crate) fn admit(&mut self, cause: DropCause) -> Option<u64> {
        let quiet = match cause {
            DropCause::Denied => &mut self.denied,
            DropCause::RateLimited => &mut self.rate_limited,
            DropCause::Coalesced => &mut self.coalesced,
            DropCause::ScheduleFull => &mut self.schedule_full,
            DropCause::Late => &mut self.late,
            // Nothing else is dropped here.
            _ => return None,
        };
        quiet.admit(Instant::now())
    }

    /// Tells that a packet, or so many bundles of one, was dropped.
    #[cold]
    pub(crate) fn note(&mut self, cause: DropCause, peer: &Peer, count: usize) {
        if let Some(held_back) = self.admit(cause) {
            let cause = cause.name();
            warn!(%peer, cause, count, held_back, "dropped");
        }
    }

    /// Tells what became of a packet that was too much.
    pub(crate) fn held(&mut self, held: Held, peer: &Peer) {
        match held {
            Held::Kept => {}
            // That is what was asked for.
            Held::Replaced => {
                let cause = DropCause::Coalesced;
                if let Some(held_back) = self.admit(cause) {
                    debug!(%peer, cause = cause.name(), held_back, "replaced by a newer one");
                }
            }
            Held::Dropped => self.note(DropCause::RateLimited, peer, 1),
        }
    }
}
