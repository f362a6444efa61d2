//! What addresses reached the last time.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;
use oscine_codec::AddressError;

use crate::address_space::target::Target;

/// What addresses reached the last time, for those that take more than one look-up.
///
/// It is emptied when the address space has changed, and when it is full: then patterns come that are all different,
/// and keeping the older ones would gain nothing.
#[derive(Default)]
pub(crate) struct Cache {
    /// That of the contents for which the entries hold.
    stamp: u64,
    known: HashMap<Box<str>, Reached, RandomState>,
    /// The bytes of the addresses, and the targets, in `known`.
    bytes: usize,
    targets: usize,
}

/// What an address reaches, or why it is no address.
pub(crate) type Reached = Result<Arc<[Target]>, AddressError>;

impl Cache {
    /// What `address` reaches, by asking `reach` if that is not known for contents with this `stamp`.
    pub(crate) fn get(
        &mut self,
        stamp: u64,
        address: &str,
        reach: impl FnOnce() -> Result<Vec<Target>, AddressError>,
    ) -> Reached {
        if self.stamp != stamp {
            self.clear();
            self.stamp = stamp;
        }
        if let Some(reached) = self.known.get(address) {
            return reached.clone();
        }
        let reached: Reached = reach().map(Arc::from);
        let targets = reached.as_ref().map_or(0, |targets| targets.len());
        if address.len() > MAX_BYTES / 16 || targets > MAX_TARGETS / 4 {
            return reached;
        }
        if self.known.len() >= MAX_ADDRESSES
            || self.bytes + address.len() > MAX_BYTES
            || self.targets + targets > MAX_TARGETS
        {
            self.clear();
        }
        self.bytes += address.len();
        self.targets += targets;
        self.known.insert(address.into(), reached.clone());
        reached
    }

    fn clear(&mut self) {
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
        for (stamp, expected) in [(1, 1), (1, 1), (2, 2), (2, 2), (3, 3)] {
            let reached = cache.get(stamp, "/a/*", || {
                asked += 1;
                Ok(Vec::new())
            });
            assert!(reached.is_ok_and(|targets| targets.is_empty()));
            assert_eq!(asked, expected);
        }
    }

    #[test]
    fn it_stays_small_whatever_comes() {
        let mut cache = Cache::default();
        for i in 0..10 * MAX_ADDRESSES {
            let _ = cache.get(1, &format!("/{i}/*"), || Ok(Vec::new()));
            let _ = cache.get(1, &format!("/{i:0>1000}/*"), || Ok(Vec::new()));
            let _ = cache.get(1, &format!("/{i:0>10000}/*"), || Ok(Vec::new()));
            assert!(cache.known.len() <= MAX_ADDRESSES && cache.bytes <= MAX_BYTES);
            assert!(cache.known.keys().all(|address| address.len() < 10_000));
        }
    }
}
