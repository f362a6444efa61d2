//! The queue.

use std::fmt;
use std::hash::Hash;

use oscine_codec::TimeTag;
use oscine_transport::PeerKey;
use slab::Slab;

use crate::schedule::limits::{Overflow, ScheduleLimits};
use crate::schedule::owners::Owners;
use crate::schedule::slot::Slot;
use crate::schedule::waiting::{ScheduleKey, Waiting};
use crate::schedule::wheel::{Place, Wheel};

/// Values that are due at some time: earliest first, and of those due at the same time first in, first out.
///
/// Pure: it has no clock, it is told the time. Bounded by [`ScheduleLimits`]. A value may have an owner, `O`: the
/// peer that it came from. Which of two times is later is decided by the shorter way round the eras
/// ([`TimeTag::is_after`]), seen from when the schedule was last empty.
///
/// Pushing and popping take about the same time whatever waits; memory goes back when most of it has run.
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
pub struct Schedule<T, O = ()> {
    /// Places whose slot no longer holds their sequence number were cancelled.
    pub(super) wheel: Wheel,
    pub(super) slots: Slab<Slot<T, O>>,
    pub(super) next_sequence: u64,
    /// How often entries have been moved to other slots.
    pub(super) layout: u64,
    /// Entries with lower numbers may have been moved to other slots than their keys say.
    moved_below: u64,
    /// The time tag whose place in the wheel is 0: half an era before the schedule was last empty.
    origin: TimeTag,
    bytes: usize,
    owners: Owners<O>,
    limits: ScheduleLimits,
}

/// As many places or slots may be unused whatever waits.
const SPARE: usize = 1024;

impl<T> Schedule<T> {
    /// An empty schedule of values without owners.
    #[must_use]
    pub fn new(limits: ScheduleLimits) -> Self {
        Self::with_owners(limits)
    }
}

impl<T, O> Schedule<T, O> {
    /// An empty schedule of values with owners.
    #[must_use]
    pub fn with_owners(limits: ScheduleLimits) -> Self {
        Self::with_hosts(limits, |_| None)
    }

    /// An empty schedule of values with owners. Those of which `host_of` says the same host have a share together, too:
    /// [`ScheduleLimits::host_count`].
    #[must_use]
    pub fn with_hosts(limits: ScheduleLimits, host_of: fn(&O) -> Option<PeerKey>) -> Self {
        Self {
            wheel: Wheel::starting(0),
            slots: Slab::new(),
            next_sequence: 0,
            layout: 0,
            moved_below: 0,
            origin: TimeTag(0),
            bytes: 0,
            owners: Owners::new(host_of),
            limits,
        }
    }

    /// When the first value is due.
    ///
    /// After values were cancelled it may be earlier than that; then whoever wakes finds nothing, and asks again.
    #[must_use]
    pub fn next_due(&self) -> Option<TimeTag> {
        if self.slots.is_empty() {
            return None;
        }
        self.wheel.earliest().map(|at| self.tag(at))
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

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &ScheduleLimits {
        &self.limits
    }

    /// Sets other limits. What waits stays, even if it is beyond them.
    pub const fn set_limits(&mut self, limits: ScheduleLimits) {
        self.limits = limits;
    }

    /// All values in the order in which they are due.
    ///
    /// Sorts them first: it costs memory and time for each of them.
    pub fn iter(&self) -> impl Iterator<Item = Waiting<'_, T, O>> {
        let mut places: Vec<_> = self.slots.iter().map(|(slot, it)| self.place(slot, it)).collect();
        places.sort_unstable();
        places
            .into_iter()
            .filter_map(|Place { slot, .. }| self.slots.get(slot).map(|entry| entry.waiting(slot)))
    }

    /// The first entry, unless it was cancelled just now.
    ///
    /// Looks at all that is due at about the same time.
    #[must_use]
    pub fn first(&self) -> Option<Waiting<'_, T, O>> {
        let Place { slot, sequence, .. } = self.wheel.first()?;
        self.get(ScheduleKey { sequence, slot })
    }

    /// An entry by its key, if it still waits.
    #[must_use]
    pub fn get(&self, key: ScheduleKey) -> Option<Waiting<'_, T, O>> {
        let slot = self.find(key)?;
        self.slots.get(slot).map(|entry| entry.waiting(slot))
    }

    fn find(&self, key: ScheduleKey) -> Option<usize> {
        if self.slots.get(key.slot).is_some_and(|entry| entry.sequence == key.sequence) {
            return Some(key.slot);
        }
        if key.sequence >= self.moved_below {
            return None;
        }
        let mut entries = self.slots.iter();
        entries.find(|(_, entry)| entry.sequence == key.sequence).map(|(slot, _)| slot)
    }

    fn place(&self, slot: usize, entry: &Slot<T, O>) -> Place {
        Place { at: self.at(entry.due), sequence: entry.sequence, slot }
    }

    /// The place of a time in the wheel: before all others if it is no time.
    pub(super) const fn at(&self, tag: TimeTag) -> u64 {
        if tag.0 <= TimeTag::IMMEDIATE.0 { 0 } else { tag.0.wrapping_sub(self.origin.0) }
    }

    pub(super) const fn tag(&self, at: u64) -> TimeTag {
        // What stands before all times is due at none.
        if at == 0 { TimeTag(0) } else { TimeTag(self.origin.0.wrapping_add(at)) }
    }
}

impl<T, O: Clone + Eq + Hash> Schedule<T, O> {
    /// Puts `value`, which stands for so many `bytes` and is nobody's, in line for when it is `due`.
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
        self.admit(None, now, due, 1, bytes)?;
        Ok(self.insert(None, now, due, bytes, value))
    }

    /// Puts a `value` of an owner, which stands for so many `bytes`, in line for when it is `due`.
    ///
    /// # Errors
    ///
    /// [`Overflow`] names the limit that is reached, which may be the owner's or its host's. The schedule is then as it was.
    pub fn push_for(
        &mut self,
        owner: O,
        now: TimeTag,
        due: TimeTag,
        bytes: usize,
        value: T,
    ) -> Result<ScheduleKey, Overflow> {
        self.admit(Some(&owner), now, due, 1, bytes)?;
        Ok(self.insert(Some(owner), now, due, bytes, value))
    }

    /// Whether `count` values of so many `bytes` together, the last of them `due` then, have room.
    ///
    /// # Errors
    ///
    /// [`Overflow`] names the limit that is in the way.
    pub fn admit(
        &self,
        owner: Option<&O>,
        now: TimeTag,
        due: TimeTag,
        count: usize,
        bytes: usize,
    ) -> Result<(), Overflow> {
        let limits = &self.limits;
        let ahead = due.since(now);
        if ahead > limits.horizon {
            return Err(Overflow::Horizon { ahead, limit: limits.horizon });
        }
        if self.slots.len().saturating_add(count) > limits.count {
            return Err(Overflow::Count { limit: limits.count });
        }
        if self.bytes.saturating_add(bytes) > limits.bytes {
            return Err(Overflow::Bytes { limit: limits.bytes });
        }
        owner.map_or(Ok(()), |owner| self.owners.admit(owner, limits, count, bytes))
    }

    /// Puts a value in line, whatever the limits are.
    pub(crate) fn insert(
        &mut self,
        owner: Option<O>,
        now: TimeTag,
        due: TimeTag,
        bytes: usize,
        value: T,
    ) -> ScheduleKey {
        if self.slots.is_empty() {
            self.origin = TimeTag(now.0.wrapping_sub(HALF_ERA));
            self.wheel.reset(HALF_ERA);
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.bytes += bytes;
        if let Some(owner) = &owner {
            self.owners.add(owner.clone(), bytes);
        }
        let slot = self.slots.insert(Slot { sequence, due, bytes, owner, value });
        self.wheel.push(Place { at: self.at(due), sequence, slot });
        ScheduleKey { sequence, slot }
    }

    /// Takes the first value that is due at `now`, and when it was due.
    pub fn pop_due(&mut self, now: TimeTag) -> Option<(TimeTag, T)> {
        self.pop(now.0.wrapping_sub(self.origin.0))
    }

    /// Takes the first value, whenever it is due.
    pub fn pop_first(&mut self) -> Option<(TimeTag, T)> {
        self.pop(u64::MAX)
    }

    /// Takes a value out before it is due.
    pub fn cancel(&mut self, key: ScheduleKey) -> Option<T> {
        let slot = self.find(key)?;
        let (_, value) = self.take(slot)?;
        Some(value)
    }

    /// Takes out all values for which `is_unwanted` holds, and says how many there were.
    pub fn cancel_where(
        &mut self,
        mut is_unwanted: impl FnMut(Waiting<'_, T, O>) -> bool,
    ) -> usize {
        let before = self.slots.len();
        let Self { slots, bytes, owners, .. } = self;
        slots.retain(|slot, entry| {
            let unwanted = is_unwanted(entry.waiting(slot));
            if unwanted {
                entry.leave(bytes, owners);
            }
            !unwanted
        });
        let cancelled = before - self.slots.len();
        self.tidy();
        cancelled
    }

    /// Takes out all values of an owner, and says how many there were.
    pub fn cancel_owner(&mut self, owner: &O) -> usize {
        if self.owners.share(owner).count == 0 {
            return 0;
        }
        self.cancel_where(|waiting| waiting.owner == Some(owner))
    }

    /// How many values of an owner wait, and how many bytes they stand for.
    #[must_use]
    pub fn share_of(&self, owner: &O) -> (usize, usize) {
        let share = self.owners.share(owner);
        (share.count, share.bytes)
    }

    /// Takes all values out, and says how many there were. Their keys are not used again.
    pub fn clear(&mut self) -> usize {
        let count = self.slots.len();
        self.slots = Slab::new();
        self.wheel = Wheel::starting(0);
        self.owners.clear();
        self.bytes = 0;
        count
    }

    fn pop(&mut self, now: u64) -> Option<(TimeTag, T)> {
        loop {
            let slots = &self.slots;
            let lives = |place: &Place| {
                slots.get(place.slot).is_some_and(|entry| entry.sequence == place.sequence)
            };
            let place = self.wheel.pop_due(now, lives)?;
            if lives(&place) {
                return self.take(place.slot);
            }
        }
    }

    pub(super) fn take(&mut self, slot: usize) -> Option<(TimeTag, T)> {
        let entry = self.slots.try_remove(slot)?;
        entry.leave(&mut self.bytes, &mut self.owners);
        self.tidy();
        Some((entry.due, entry.value))
    }

    /// Keeps places of what was cancelled from piling up, and gives memory back that only a burst needed.
    fn tidy(&mut self) {
        let len = self.slots.len();
        if self.wheel.len() > SPARE + 2 * len || self.slots.capacity() > SPARE + 4 * len {
            self.rebuild();
        }
    }

    /// Costs time for each value; there are few compared with those that have gone.
    #[cold]
    fn rebuild(&mut self) {
        let now = self.wheel.cursor();
        let slots = std::mem::take(&mut self.slots);
        self.slots.reserve_exact(slots.len());
        self.wheel = Wheel::starting(now);
        self.moved_below = self.next_sequence;
        self.layout += 1;
        for (_, entry) in slots {
            let (at, sequence) = (self.at(entry.due), entry.sequence);
            let slot = self.slots.insert(entry);
            self.wheel.push(Place { at, sequence, slot });
        }
    }
}

#[cfg(test)]
impl<T, O: Eq + Hash> Schedule<T, O> {
    pub(crate) fn places(&self) -> usize {
        self.wheel.len()
    }

    pub(crate) fn owners(&self) -> (usize, usize) {
        self.owners.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.slots.capacity()
    }
}

const HALF_ERA: u64 = 1 << 63;

impl<T, O> fmt::Debug for Schedule<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schedule")
            .field("len", &self.len())
            .field("bytes", &self.bytes)
            .field("next_due", &self.next_due())
            .finish_non_exhaustive()
    }
}
