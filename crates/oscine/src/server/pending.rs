//! The bundles that wait, from elsewhere.

use std::time::Instant;

use oscine_codec::{AddressError, Bundle, Pattern, TimeTag};

use crate::engine::timing::{TimePolicy, Timing};
use crate::peer::Peer;
use crate::schedule::waiting::ScheduleKey;
use crate::server::handle::ServerHandle;

/// A bundle that waits for its time.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PendingBundle {
    /// What it is known by.
    pub key: ScheduleKey,
    /// When it is due, by the server's time: its time tag with the sender's offset.
    pub due: TimeTag,
    /// Who sent it.
    pub peer: Peer,
    /// When it was received.
    pub received_at: Instant,
    /// The bundle itself. Nested ones that are due later wait by themselves.
    pub bundle: Bundle,
}

/// What waits. A bundle that runs is in line no longer.
#[expect(clippy::must_use_candidate, reason = "what they do matters more than what they say")]
impl ServerHandle {
    /// The bundles that wait, earliest first. A copy, which does not keep any from running.
    ///
    /// While it is made nothing that is due runs. That takes time for each bundle that waits: where there may be many, a
    /// program that only wants to know how many asks for [`stats`](Self::stats).
    #[must_use]
    pub fn pending(&self) -> Vec<PendingBundle> {
        let engine = self.shared.line.lock();
        let waiting = engine.schedule().iter();
        waiting
            .map(|waiting| PendingBundle {
                key: waiting.key,
                due: waiting.due,
                peer: waiting.value.peer.clone(),
                received_at: waiting.value.received_at,
                bundle: waiting.value.bundle().clone(),
            })
            .collect()
    }

    /// Takes one bundle out of line; says whether it still waited.
    pub fn cancel(&self, key: ScheduleKey) -> bool {
        let cancelled = self.shared.line.lock().schedule_mut().cancel(key).is_some();
        self.cancelled(usize::from(cancelled));
        cancelled
    }

    /// Takes all bundles out of line that hold a message whose address `pattern` matches, and that would run with it.
    /// Says how many.
    ///
    /// While it looks nothing that is due runs. That takes time for each message that waits.
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `pattern` is neither a pattern nor an address.
    pub fn cancel_matching(&self, pattern: impl AsRef<str>) -> Result<usize, AddressError> {
        let pattern = Pattern::new(pattern.as_ref())?;
        let fits = |address: &str| match Pattern::is_pattern(address) {
            // Some address fits both.
            true => Pattern::new(address).is_ok_and(|sent| pattern.overlaps(&sent)),
            false => pattern.matches(address),
        };
        let mut engine = self.shared.line.lock();
        let count = engine.schedule_mut().cancel_where(|waiting| {
            let mut messages = waiting.value.messages();
            messages.any(|due| fits(due.message.address()))
        });
        drop(engine);
        Ok(self.cancelled(count))
    }

    /// Takes all bundles of one peer out of line; says how many.
    pub fn cancel_peer(&self, peer: &Peer) -> usize {
        let count = self.shared.line.lock().schedule_mut().cancel_owner(peer);
        self.cancelled(count)
    }

    /// Takes all bundles out of line; says how many.
    pub fn drop_pending(&self) -> usize {
        let count = self.shared.line.lock().drop_pending();
        self.cancelled(count)
    }

    /// Runs all bundles that wait at this moment, in order, whenever they are due. Does not wait for them.
    pub fn run_pending(&self) {
        self.shared.line.hurry();
        self.shared.changed.notify_one();
    }

    /// Changes what time tags are good for, for bundles that arrive from now on and have no rule of their own. Those
    /// that wait go on waiting: see [`run_pending`](Self::run_pending) and [`drop_pending`](Self::drop_pending).
    pub fn set_time_policy(&self, policy: TimePolicy) {
        self.shared.line.change_timing(|timing| timing.time(policy));
    }

    /// How the time tags are taken of bundles that have no rule of their own.
    pub fn timing(&self) -> Timing {
        self.shared.line.timing()
    }

    fn cancelled(&self, count: usize) -> usize {
        self.shared.counters.cancelled.add(count);
        if count > 0 {
            // Nobody is to wait for what waits no longer.
            self.shared.changed.notify_one();
        }
        count
    }
}
