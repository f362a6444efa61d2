//! Whose entries wait.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;
use oscine_transport::PeerKey;

use crate::schedule::limits::{Overflow, ScheduleLimits};

/// How much of each owner waits, and of each host that has owners.
#[derive(Debug)]
pub(crate) struct Owners<O> {
    owners: Shares<O>,
    hosts: Shares<PeerKey>,
    host_of: fn(&O) -> Option<PeerKey>,
}

/// What each has waiting. Holds those alone who have something waiting.
#[derive(Debug)]
struct Shares<K>(HashMap<K, Share, RandomState>);

/// What one owner, or one host, has waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

impl<O> Owners<O> {
    /// Nothing waits. Owners of which `host_of` says the same host count together as well.
    pub(crate) fn new(host_of: fn(&O) -> Option<PeerKey>) -> Self {
        Self { owners: Shares::new(), hosts: Shares::new(), host_of }
    }

    /// Forgets all that waits.
    pub(crate) fn clear(&mut self) {
        (self.owners, self.hosts) = (Shares::new(), Shares::new());
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
        let share = self.share(owner).with(count, bytes);
        if share.count > limits.owner_count {
            return Err(Overflow::OwnerCount { limit: limits.owner_count });
        }
        if share.bytes > limits.owner_bytes {
            return Err(Overflow::OwnerBytes { limit: limits.owner_bytes });
        }
        let Some(host) = (self.host_of)(owner) else { return Ok(()) };
        let share = self.hosts.get(&host).with(count, bytes);
        if share.count > limits.host_count {
            return Err(Overflow::HostCount { limit: limits.host_count });
        }
        if share.bytes > limits.host_bytes {
            return Err(Overflow::HostBytes { limit: limits.host_bytes });
        }
        Ok(())
    }

    pub(crate) fn share(&self, owner: &O) -> Share {
        self.owners.get(owner)
    }

    pub(crate) fn add(&mut self, owner: O, bytes: usize) {
        if let Some(host) = (self.host_of)(&owner) {
            self.hosts.add(host, bytes);
        }
        self.owners.add(owner, bytes);
    }

    pub(crate) fn remove(&mut self, owner: &O, bytes: usize) {
        if let Some(host) = (self.host_of)(owner) {
            self.hosts.remove(&host, bytes);
        }
        self.owners.remove(owner, bytes);
    }

    /// How many owners, and how many hosts, have something waiting.
    #[cfg(test)]
    pub(crate) fn len(&self) -> (usize, usize) {
        (self.owners.0.len(), self.hosts.0.len())
    }
}

impl<K> Shares<K> {
    fn new() -> Self {
        Self(HashMap::default())
    }
}

impl<K: Eq + Hash> Shares<K> {
    fn get(&self, key: &K) -> Share {
        self.0.get(key).copied().unwrap_or_default()
    }

    fn add(&mut self, key: K, bytes: usize) {
        let share = self.0.entry(key).or_default();
        share.count += 1;
        share.bytes += bytes;
    }

    fn remove(&mut self, key: &K, bytes: usize) {
        let Some(share) = self.0.get_mut(key) else { return };
        share.count -= 1;
        share.bytes -= bytes;
        if share.count == 0 {
            self.0.remove(key);
            // A thousand peers that were there once do not take memory for ever.
            if self.0.capacity() > 64 + 8 * self.0.len() {
                self.0.shrink_to(2 * self.0.len());
            }
        }
    }
}

impl Share {
    const fn with(self, count: usize, bytes: usize) -> Self {
        let count = self.count.saturating_add(count);
        Self { count, bytes: self.bytes.saturating_add(bytes) }
    }
}
