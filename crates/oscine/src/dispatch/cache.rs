//! What addresses reached the last time.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::mem;
use std::sync::Arc;

use foldhash::fast::RandomState;
use oscine_codec::AddressError;

use crate::address_space::target::Target;
use crate::dispatch::doorkeeper::Doorkeeper;
use crate::dispatch::let_go::let_go;

/// What addresses reached the last time, for those that take more than one look-up.
///
/// An address is remembered when it comes the second time: for those that come once nothing is kept. All are forgotten
/// when the address space has changed, and when there are too many: then patterns come that are all different, and
/// keeping the older ones would gain nothing.
#[derive(Default)]
pub(crate) struct Cache {
    /// Those of the contents for which the entries hold: of the address space, and of those mounted in it.
    generation: u64,
    mounted: Vec<u64>,
    /// Used again for each look-up.
    now: Vec<u64>,
    /// Addresses, and their places in `found`.
    known: HashMap<Box<str>, usize, RandomState>,
    found: Vec<Known>,
    /// Of an address that is not known.
    latest: Option<Known>,
    doorkeeper: Doorkeeper,
    /// The bytes of the addresses, and the targets, in `known`.
    bytes: usize,
    targets: usize,
}

/// What an address reaches, or why it is no address.
pub(crate) type Known = Result<Found, AddressError>;

/// What an address reaches.
pub(crate) enum Found {
    /// These.
    Targets(Arc<[Target]>),
    /// Those of these numbers in the flat form of the tree.
    Flat(Arc<[u32]>),
}

impl Found {
    /// How many methods.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Targets(targets) => targets.len(),
            Self::Flat(numbers) => numbers.len(),
        }
    }
}

impl Cache {
    /// Forgets everything if this is not the generation, of the outermost address space, for which it holds: what is
    /// registered no longer must not be kept alive.
    pub(crate) fn renew(&mut self, generation: u64) {
        if self.generation != generation {
            self.clear();
            self.generation = generation;
        }
    }

    /// As [`renew`](Self::renew), also for the generations of mounted spaces that `tell` tells.
    pub(crate) fn renew_all(&mut self, generation: u64, tell: impl FnOnce(&mut Vec<u64>)) {
        self.now.clear();
        tell(&mut self.now);
        // Not by `!=`: comparing nothing by masked loads costs more than all the rest on some processors.
        if !self.mounted.iter().eq(&self.now) {
            self.clear();
            mem::swap(&mut self.mounted, &mut self.now);
        }
        self.renew(generation);
    }

    /// What `address` reaches, by asking `reach` if that is not known.
    pub(crate) fn get(&mut self, address: &str, reach: impl FnOnce() -> Known) -> Option<&Known> {
        match self.known.get(address) {
            Some(&place) => self.found.get(place),
            None => self.add(address, reach()),
        }
    }

    /// Remembers what `address` reaches, if it has come before, and hands it out.
    fn add(&mut self, address: &str, found: Known) -> Option<&Known> {
        let targets = found.as_ref().map_or(0, Found::len);
        let known = address.len() <= MAX_BYTES / 16
            && targets <= MAX_TARGETS / 4
            && self.doorkeeper.knows(self.known.hasher().hash_one(address));
        if !known {
            self.latest = Some(found);
            return self.latest.as_ref();
        }
        if self.known.len() >= MAX_ADDRESSES
            || self.bytes + address.len() > MAX_BYTES
            || self.targets + targets > MAX_TARGETS
        {
            self.clear();
        }
        self.bytes += address.len();
        self.targets += targets;
        self.known.insert(address.into(), self.found.len());
        self.found.push(found);
        self.found.last()
    }

    fn clear(&mut self) {
        self.known.clear();
        self.bytes = 0;
        self.targets = 0;
        let_go((mem::take(&mut self.found), self.latest.take()));
    }
}

/// How many addresses are known at most.
const MAX_ADDRESSES: usize = 1024;

/// How many bytes they have together at most.
const MAX_BYTES: usize = 64 * 1024;

/// How many targets they have together at most: some 48 bytes each.
const MAX_TARGETS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing() -> Known {
        Ok(Found::Targets(Arc::default()))
    }

    #[test]
    fn what_comes_twice_is_not_asked_for_again_until_something_changes() {
        let mut cache = Cache::default();
        let mut asked = 0;
        // A change makes it forget what was reached, not what has come.
        for (generation, mounted, expected) in
            [(1, 1, 1), (1, 1, 2), (1, 1, 2), (2, 1, 3), (2, 1, 3), (2, 2, 4), (2, 2, 4), (1, 2, 5)]
        {
            cache.renew_all(generation, |now| now.push(mounted));
            let reached = cache.get("/a/*", || {
                asked += 1;
                nothing()
            });
            assert!(
                reached.is_some_and(|known| known.as_ref().is_ok_and(|found| found.len() == 0))
            );
            assert_eq!(asked, expected);
        }
    }

    #[test]
    fn it_stays_small_whatever_comes() {
        let mut cache = Cache::default();
        for i in 0..10 * MAX_ADDRESSES {
            for _ in 0..2 {
                assert!(cache.get(&format!("/{i}/*"), nothing).is_some());
                assert!(cache.get(&format!("/{i:0>1000}/*"), nothing).is_some());
                assert!(cache.get(&format!("/{i:0>10000}/*"), nothing).is_some());
            }
            assert!(cache.known.len() <= MAX_ADDRESSES && cache.bytes <= MAX_BYTES);
            assert_eq!(cache.known.len(), cache.found.len());
            assert!(cache.known.keys().all(|address| address.len() < 10_000));
        }
    }

    #[test]
    fn what_comes_once_costs_no_memory() {
        let mut cache = Cache::default();
        for i in 0..100 {
            assert!(cache.get(&format!("/{i}/*"), nothing).is_some());
        }
        // The doorkeeper mistakes a few.
        assert!(cache.known.len() < 20, "{}", cache.known.len());
    }
}
