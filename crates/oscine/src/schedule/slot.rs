//! What waits, as it is kept.

use std::hash::Hash;

use oscine_codec::TimeTag;

use crate::schedule::owners::Owners;
use crate::schedule::waiting::{ScheduleKey, Waiting};

/// What waits, and what it is known and counted by.
pub(crate) struct Slot<T, O> {
    pub(crate) sequence: u64,
    pub(crate) due: TimeTag,
    pub(crate) bytes: usize,
    pub(crate) owner: Option<O>,
    pub(crate) value: T,
}

impl<T, O> Slot<T, O> {
    /// The entry, as it is listed: it is in this slot.
    pub(crate) const fn waiting(&self, slot: usize) -> Waiting<'_, T, O> {
        let Self { sequence, due, bytes, owner, value } = self;
        let key = ScheduleKey { sequence: *sequence, slot };
        Waiting { key, due: *due, bytes: *bytes, owner: owner.as_ref(), value }
    }
}

impl<T, O: Eq + Hash> Slot<T, O> {
    /// Takes what the entry stands for off the accounts.
    pub(crate) fn leave(&self, bytes: &mut usize, owners: &mut Owners<O>) {
        *bytes -= self.bytes;
        if let Some(owner) = &self.owner {
            owners.remove(owner, self.bytes);
        }
    }
}
