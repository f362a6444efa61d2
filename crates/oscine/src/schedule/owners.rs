//! Whose entries wait.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

use crate::schedule::limits::{Overflow, ScheduleLimits};

/// How much of each owner waits. Holds those alone who have something waiting.
#[derive(Debug)]
pub(crate) struct Owners<O>(HashMap<O, Share, RandomState>);

/// What one owner has waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

impl<O> Owners<O> {
    pub(crate) fn new() -> Self {
        Self(HashMap::default())
    }
}

impl<O: Eq + Hash> Owners<O> {
    /// Whether so much more of an owner may wait.
    pub(crate) fn admit(
        &self,
        owner: &O,
        limits: &ScheduleLimits,
        count: usize,
        bytes: usize,
    ) -> Result<(), Overflow> {
        let share = self.share(owner);
        if share.count.saturating_add(count) > limits.owner_count {
            return Err(Overflow::OwnerCount { limit: limits.owner_count });
        }
        if share.bytes.saturating_add(bytes) > limits.owner_bytes {
            return Err(Overflow::OwnerBytes { limit: limits.owner_bytes });
        }
        Ok(())
    }

    pub(crate) fn share(&self, owner: &O) -> Share {
        self.0.get(owner).copied().unwrap_or_default()
    }

    pub(crate) fn add(&mut self, owner: O, bytes: usize) {
        let share = self.0.entry(owner).or_default();
        share.count += 1;
        share.bytes += bytes;
    }

    pub(crate) fn remove(&mut self, owner: &O, bytes: usize) {
        let Some(share) = self.0.get_mut(owner) else { return };
        share.count -= 1;
        share.bytes -= bytes;
        if share.count == 0 {
            self.0.remove(owner);
            // A thousand peers that were there once do not take memory for ever.
            if self.0.capacity() > 64 + 8 * self.0.len() {
                self.0.shrink_to(2 * self.0.len());
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
