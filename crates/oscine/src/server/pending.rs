//! The bundles that wait, from elsewhere.

use std::time::Instant;

use oscine_codec::{AddressError, Bundle, Pattern, TimeTag};

use crate::engine::timing::{TimePolicy, Timing};
use crate::engine::unit::Unit;
use crate::peer::Peer;
use crate::schedule::survey::SLICE;
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
    /// It is made bit by bit, and what is due runs in between: so some of them may have run when it is there. What is put
    /// in line meanwhile is not in it. It takes time and memory for each bundle that waits: a program that only wants to
    /// know how many asks for [`stats`](Self::stats).
    #[must_use]
    pub fn pending(&self) -> Vec<PendingBundle> {
        let line = &self.shared.line;
        let mut survey = line.lock().schedule().survey();
        let mut all: Vec<(u64, PendingBundle)> = Vec::new();
        loop {
            all.reserve(SLICE);
            let engine = line.lock_again();
            if engine.schedule().follow(&mut survey) {
                all.clear();
            }
            let Some(slice) = engine.schedule().slice(&mut survey) else { break };
            all.extend(slice.map(|(at, waiting)| {
                let Unit { peer, received_at, bundle, .. } = waiting.value.clone();
                (
                    at,
                    PendingBundle { key: waiting.key, due: waiting.due, peer, received_at, bundle },
                )
            }));
        }
        all.sort_unstable_by_key(|(at, pending)| (*at, pending.key));
        all.into_iter().map(|(_, pending)| pending).collect()
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
    /// It looks at them bit by bit, and what is due runs in between. What is put in line meanwhile stays.
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
        Ok(self.cancel_where(|unit| unit.messages().any(|due| fits(due.message.address()))))
    }

    /// Takes all bundles of one peer out of line, bit by bit as [`cancel_matching`](Self::cancel_matching); says how many.
    pub fn cancel_peer(&self, peer: &Peer) -> usize {
        if self.shared.line.lock().schedule().share_of(peer) == (0, 0) {
            return 0;
        }
        self.cancel_where(|unit| unit.peer == *peer)
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

    /// Takes bundles out of line. Only finding them and taking them out keeps others from the line, a few at a time.
    fn cancel_where(&self, mut is_unwanted: impl FnMut(&Unit<Peer>) -> bool) -> usize {
        let line = &self.shared.line;
        let mut survey = line.lock().schedule().survey();
        let mut count = 0;
        let mut found = Vec::with_capacity(SLICE);
        loop {
            {
                let engine = line.lock_again();
                engine.schedule().follow(&mut survey);
                let Some(slice) = engine.schedule().slice(&mut survey) else { break };
                found.extend(slice.map(|(_, waiting)| (waiting.key, waiting.value.clone())));
            }
            found.retain(|(_, unit)| is_unwanted(unit));
            if !found.is_empty() {
                let mut gone = Vec::with_capacity(found.len());
                let mut engine = line.lock_again();
                let keys = found.iter().map(|(key, _)| *key);
                gone.extend(
                    keys.filter_map(|key| engine.schedule_mut().cancel_found(&survey, key)),
                );
                drop(engine);
                count += gone.len();
            }
            found.clear();
        }
        self.cancelled(count)
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

#[cfg(test)]
mod tests {
    use oscine_codec::Message;

    use super::*;
    use crate::server::server::Server;

    /// With the lock held, asking for figures in there would wait for ever.
    #[tokio::test]
    async fn nobody_is_kept_from_the_line_while_bundles_are_looked_at() {
        let server = Server::builder().udp("127.0.0.1:0").bind().await.unwrap();
        let handle = server.handle();
        let count = 3 * SLICE + 5;
        let now = handle.clock().now();
        for number in 0..count {
            let message = Message::new(format!("/{number}"), ()).unwrap();
            let due = now + std::time::Duration::from_secs(3600 - u64::try_from(number).unwrap());
            let packet = oscine_codec::Packet::from(Bundle::new(due, [message]).unwrap());
            let put = handle.shared.line.put(|engine| {
                let (view, timing) = (packet.view(), Timing::new());
                engine.handle_packet(now, view, &Peer::Local, Instant::now(), timing)
            });
            assert_eq!(put.unwrap().scheduled, 1);
        }
        let pending = handle.pending();
        assert_eq!(pending.len(), count);
        assert!(pending.is_sorted_by_key(|pending| pending.due.0));
        let mut left = count;
        let cancelled = handle.cancel_where(|unit| {
            let due = unit.due;
            left = left.min(handle.stats().pending);
            (due.0 >> 32) % 2 == 0
        });
        assert_eq!(handle.stats().pending, count - cancelled);
        assert!(left < count, "all were cancelled at once");
        assert_eq!(handle.cancel_matching("/*").unwrap(), count - cancelled);
        assert_eq!(handle.stats().cancelled, u64::try_from(count).unwrap());
    }
}
