//! The queue.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;

use oscine_codec::TimeTag;
use slab::Slab;

use crate::schedule::limits::{Overflow, ScheduleLimits};

/// What an entry of a schedule is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduleKey {
    sequence: u64,
    slot: usize,
}

/// Values that are due at some time: earliest first, and of those due at the same time first in, first out.
///
/// Pure: it has no clock, it is told the time. Bounded by [`ScheduleLimits`].
///
/// # Examples
///
/// ```
/// use oscine::{Schedule, ScheduleLimits, TimeTag};
///
/// let mut schedule = Schedule::new(ScheduleLimits::new());
/// let now = TimeTag(0);
/// schedule.push(now, TimeTag(200), 0, "late")?;
/// let early = schedule.push(now, TimeTag(100), 0, "early")?;
/// schedule.push(now, TimeTag(100), 0, "second")?;
/// assert_eq!(schedule.next_due(), Some(TimeTag(100)));
/// assert_eq!(schedule.cancel(early), Some("early"));
/// assert_eq!(schedule.pop_due(TimeTag(150)), Some((TimeTag(100), "second")));
/// assert_eq!(schedule.pop_due(TimeTag(150)), None);
/// # Ok::<(), oscine::Overflow>(())
/// ```
pub struct Schedule<T> {
    /// Entries whose slot no longer holds their sequence number were cancelled.
    heap: BinaryHeap<Reverse<(TimeTag, u64, usize)>>,
    slots: Slab<Slot<T>>,
    next_sequence: u64,
    bytes: usize,
    limits: ScheduleLimits,
}

struct Slot<T> {
    sequence: u64,
    due: TimeTag,
    bytes: usize,
    value: T,
}

impl<T> Schedule<T> {
    /// An empty schedule.
    #[must_use]
    pub const fn new(limits: ScheduleLimits) -> Self {
        Self { heap: BinaryHeap::new(), slots: Slab::new(), next_sequence: 0, bytes: 0, limits }
    }

    /// Puts `value`, which stands for so many `bytes`, in line for when it is `due`.
    ///
    /// # Errors
    ///
    /// [`Overflow`] names the limit that is reached. The schedule is then as it was.
    pub fn push(
        &mut self,
        now: TimeTag,
        due: TimeTag,
        bytes: usize,
        value: T,
    ) -> Result<ScheduleKey, Overflow> {
        self.admit(now, due, 1, bytes)?;
        self.compact();
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let slot = self.slots.insert(Slot { sequence, due, bytes, value });
        self.bytes += bytes;
        self.heap.push(Reverse((due, sequence, slot)));
        Ok(ScheduleKey { sequence, slot })
    }

    /// Whether `count` values of so many `bytes` together, the last of them `due` then, have room.
    ///
    /// # Errors
    ///
    /// [`Overflow`] names the limit that is in the way.
    pub fn admit(
        &self,
        now: TimeTag,
        due: TimeTag,
        count: usize,
        bytes: usize,
    ) -> Result<(), Overflow> {
        let ScheduleLimits { count: count_limit, bytes: bytes_limit, horizon } = self.limits;
        let ahead = due.saturating_since(now);
        if ahead > horizon {
            return Err(Overflow::Horizon { ahead, limit: horizon });
        }
        if self.slots.len().saturating_add(count) > count_limit {
            return Err(Overflow::Count { limit: count_limit });
        }
        if self.bytes.saturating_add(bytes) > bytes_limit {
            return Err(Overflow::Bytes { limit: bytes_limit });
        }
        Ok(())
    }

    /// Takes the first value that is due at `now`, and when it was due.
    pub fn pop_due(&mut self, now: TimeTag) -> Option<(TimeTag, T)> {
        while let Some(&Reverse((due, sequence, slot))) = self.heap.peek() {
            if !self.holds(sequence, slot) {
                self.heap.pop();
                continue;
            }
            if due > now {
                return None;
            }
            self.heap.pop();
            return self.take(slot).map(|value| (due, value));
        }
        None
    }

    /// When the first value is due.
    #[must_use]
    pub fn next_due(&self) -> Option<TimeTag> {
        // The first in the heap may have been cancelled; then this is too early, and whoever wakes finds nothing.
        self.heap.peek().map(|Reverse((due, ..))| *due).filter(|_| !self.slots.is_empty())
    }

    /// Takes a value out before it is due.
    pub fn cancel(&mut self, key: ScheduleKey) -> Option<T> {
        if self.holds(key.sequence, key.slot) { self.take(key.slot) } else { None }
    }

    /// Takes all values out, and says how many there were.
    pub fn clear(&mut self) -> usize {
        let count = self.slots.len();
        self.heap.clear();
        self.slots.clear();
        self.bytes = 0;
        count
    }

    /// All values with their keys and when they are due, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (ScheduleKey, TimeTag, &T)> {
        self.slots.iter().map(|(slot, entry)| {
            let key = ScheduleKey { sequence: entry.sequence, slot };
            (key, entry.due, &entry.value)
        })
    }

    /// The number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many bytes the values stand for.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    fn holds(&self, sequence: u64, slot: usize) -> bool {
        self.slots.get(slot).is_some_and(|entry| entry.sequence == sequence)
    }

    fn take(&mut self, slot: usize) -> Option<T> {
        let entry = self.slots.try_remove(slot)?;
        self.bytes -= entry.bytes;
        Some(entry.value)
    }

    /// Keeps what was cancelled from piling up: at most as much of it stays in the heap as there are values.
    fn compact(&mut self) {
        if self.heap.len() > 64 && self.heap.len() > 2 * self.slots.len() {
            let mut entries = std::mem::take(&mut self.heap).into_vec();
            entries.retain(|Reverse((_, sequence, slot))| self.holds(*sequence, *slot));
            self.heap = BinaryHeap::from(entries);
        }
    }
}

impl<T> fmt::Debug for Schedule<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule")
            .field("len", &self.len())
            .field("bytes", &self.bytes)
            .field("next_due", &self.next_due())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: TimeTag = TimeTag(1 << 40);

    fn schedule(limits: ScheduleLimits) -> Schedule<u32> {
        Schedule::new(limits)
    }

    #[test]
    fn equal_times_are_first_in_first_out() {
        let mut queue = schedule(ScheduleLimits::new());
        for value in 0..1000 {
            queue
                .push(NOW, NOW + Duration::from_millis(u64::from(value * 7 % 5)), 0, value)
                .unwrap();
        }
        let mut expected: Vec<_> = (0..1000).collect();
        expected.sort_by_key(|value| value * 7 % 5);
        let end = NOW + Duration::from_secs(1);
        let popped = std::iter::from_fn(|| queue.pop_due(end)).map(|(_, value)| value);
        assert_eq!(popped.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_is_popped_before_it_is_due() {
        let mut queue = schedule(ScheduleLimits::new());
        let due = NOW + Duration::from_nanos(1);
        queue.push(NOW, due, 0, 1).unwrap();
        assert_eq!(queue.pop_due(TimeTag(due.0 - 1)), None);
        assert_eq!(queue.pop_due(due), Some((due, 1)));
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn limits_refuse_the_new_and_keep_the_old() {
        let limits = ScheduleLimits::new().count(2).bytes(10).horizon(Duration::from_secs(1));
        let mut queue = schedule(limits);
        let far = NOW + Duration::from_secs(2);
        let horizon = Overflow::Horizon { ahead: Duration::from_secs(2), limit: limits.horizon };
        assert_eq!(queue.push(NOW, far, 0, 0), Err(horizon));
        queue.push(NOW, NOW, 6, 1).unwrap();
        assert_eq!(queue.push(NOW, NOW, 5, 0), Err(Overflow::Bytes { limit: 10 }));
        queue.push(NOW, NOW, 4, 2).unwrap();
        assert_eq!(queue.push(NOW, NOW, 0, 0), Err(Overflow::Count { limit: 2 }));
        assert_eq!((queue.pop_due(NOW), queue.bytes()), (Some((NOW, 1)), 4));
        queue.push(NOW, NOW, 6, 3).unwrap();
    }

    #[test]
    fn what_is_cancelled_does_not_pile_up() {
        let mut queue = schedule(ScheduleLimits::new());
        let stale = queue.push(NOW, NOW, 1, 0).unwrap();
        assert_eq!(queue.cancel(stale), Some(0));
        for value in 0..10_000 {
            let key = queue.push(NOW, NOW, 1, value).unwrap();
            assert_eq!(queue.cancel(stale), None, "a key is never used again");
            assert_eq!(queue.cancel(key), Some(value));
        }
        assert!(queue.heap.len() <= 65, "{}", queue.heap.len());
        assert_eq!((queue.len(), queue.bytes(), queue.pop_due(NOW)), (0, 0, None));
    }
}
