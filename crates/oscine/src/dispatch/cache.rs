//! What addresses reached the last time.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use oscine_codec::AddressError;

use crate::address_space::contents::Method;
use crate::address_space::target::Target;
use crate::space::flat::Flat;

/// What addresses reached the last time, for those that take more than one look-up.
///
/// It is emptied when the address space has changed, and when it is full: then patterns come that are all different,
/// and keeping the older ones would gain nothing.
#[derive(Default)]
pub(crate) struct Cache {
    /// Those of the contents for which the entries hold.
    generations: Vec<u64>,
    /// Used again for each look-up.
    now: Vec<u64>,
    known: HashMap<Box<str>, Known, RandomState>,
    /// The bytes of the addresses, and the targets, in `known`.
    bytes: usize,
    targets: usize,
}

/// What an address reaches, or why it is no address.
pub(crate) type Known = Result<Found, AddressError>;

/// What an address reaches.
#[derive(Clone)]
pub(crate) enum Found {
    /// These.
    Targets(Arc<[Target]>),
    /// Those of these numbers.
    Flat(Arc<Flat<Method>>, Arc<[u32]>),
}

impl Found {
    /// How many methods.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Targets(targets) => targets.len(),
            Self::Flat(_, numbers) => numbers.len(),
        }
    }
}

impl Cache {
    /// Forgets everything if this is not the generation, of the outermost address space, for which it holds: what is
    /// registered no longer must not be kept alive.
    #[inline]
    pub(crate) fn renew(&mut self, generation: u64) {
        if self.generations.first().is_some_and(|&known| known != generation) {
            self.clear();
        }
    }

    /// What `address` reaches, by asking `reach` if that is not known for contents of the generations that `tell` tells.
    pub(crate) fn get(
        &mut self,
        tell: impl FnOnce(&mut Vec<u64>),
        address: &str,
        reach: impl FnOnce() -> Known,
    ) -> Known {
        self.now.clear();
        tell(&mut self.now);
        if self.generations != self.now {
            self.clear();
            self.generations.clone_from(&self.now);
        }
        if let Some(reached) = self.known.get(address) {
            return reached.clone();
        }
        let reached = reach();
        let targets = reached.as_ref().map_or(0, Found::len);
        if address.len() > MAX_BYTES / 16 || targets > MAX_TARGETS / 4 {
            return reached;
        }
        if self.known.len() >= MAX_ADDRESSES
            || self.bytes + address.len() > MAX_BYTES
            || self.targets + targets > MAX_TARGETS
        {
            self.clear();
            self.generations.clone_from(&self.now);
        }
        self.bytes += address.len();
        self.targets += targets;
        self.known.insert(address.into(), reached.clone());
        reached
    }

    fn clear(&mut self) {
        self.generations.clear();
        self.known.clear();
        self.bytes = 0;
        self.targets = 0;
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

    #[test]
    fn what_is_known_is_asked_for_once_until_something_changes() {
        let mut cache = Cache::default();
        let mut asked = 0;
        for (generation, expected) in [(1, 1), (1, 1), (2, 2), (2, 2), (1, 3)] {
            let reached = cache.get(
                |now| now.push(generation),
                "/a/*",
                || {
                    asked += 1;
                    Ok(Found::Targets(Arc::default()))
                },
            );
            assert!(reached.is_ok_and(|found| found.len() == 0));
            assert_eq!(asked, expected);
        }
    }

    #[test]
    fn it_stays_small_whatever_comes() {
        let mut cache = Cache::default();
        for i in 0..10 * MAX_ADDRESSES {
            let _ = cache.get(
                |now| now.push(1),
                &format!("/{i}/*"),
                || Ok(Found::Targets(Arc::default())),
            );
            let _ = cache.get(
                |now| now.push(1),
                &format!("/{i:0>1000}/*"),
                || Ok(Found::Targets(Arc::default())),
            );
            let _ = cache.get(
                |now| now.push(1),
                &format!("/{i:0>10000}/*"),
                || Ok(Found::Targets(Arc::default())),
            );
            assert!(cache.known.len() <= MAX_ADDRESSES && cache.bytes <= MAX_BYTES);
            assert!(cache.known.keys().all(|address| address.len() < 10_000));
        }
    }
}
