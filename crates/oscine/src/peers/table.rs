//! A map that stays small.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZero;
use std::time::Instant;

use foldhash::fast::RandomState;
use slab::Slab;

/// Values by key, of which the longest unseen go when there are too many. What was found last is found at once.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    entries: Slab<Entry<K, V>>,
    /// Invariant: where each key is in `entries`.
    index: HashMap<K, usize, RandomState>,
    /// Where the key was that was asked for last.
    last: usize,
    next_stamp: NonZero<u64>,
    limit: usize,
}

#[derive(Debug)]
struct Entry<K, V> {
    key: K,
    stamp: NonZero<u64>,
    value: V,
}

/// Where something is in a table. It leads nowhere when that is gone, whatever came in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    index: usize,
    /// Not zero, so that an optional spot is returned in registers.
    stamp: NonZero<u64>,
}

impl Spot {
    /// A small number, which is used again when what is here is gone.
    pub(crate) const fn index(self) -> usize {
        self.index
    }
}

impl<K: Clone + Eq + Hash, V> Table<K, V> {
    /// An empty table for at most so many.
    pub(crate) fn new(limit: usize) -> Self {
        let index = HashMap::default();
        Self {
            entries: Slab::new(),
            index,
            last: usize::MAX,
            next_stamp: NonZero::<u64>::MIN,
            limit,
        }
    }

    /// Where `key` is. A run of the same keys costs a comparison each.
    #[inline]
    pub(crate) fn find(&mut self, key: &K) -> Option<Spot> {
        if let Some(entry) = self.entries.get(self.last) {
            if entry.key == *key {
                return Some(Spot { index: self.last, stamp: entry.stamp });
            }
        }
        self.look_up(key)
    }

    // Apart, so that what comes before stays small enough to be inlined.
    #[inline(never)]
    fn look_up(&mut self, key: &K) -> Option<Spot> {
        let index = *self.index.get(key)?;
        self.last = index;
        self.entries.get(index).map(|entry| Spot { index, stamp: entry.stamp })
    }

    #[inline]
    pub(crate) fn get(&self, spot: Spot) -> Option<&V> {
        let entry = self.entries.get(spot.index)?;
        (entry.stamp == spot.stamp).then_some(&entry.value)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, spot: Spot) -> Option<&mut V> {
        let entry = self.entries.get_mut(spot.index)?;
        (entry.stamp == spot.stamp).then_some(&mut entry.value)
    }

    /// Puts in what is not there yet. Whoever calls has seen to room.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Spot {
        let stamp = self.next_stamp;
        self.next_stamp = stamp.saturating_add(1);
        let index = self.entries.insert(Entry { key: key.clone(), stamp, value });
        self.index.insert(key, index);
        self.last = index;
        Spot { index, stamp }
    }

    pub(crate) fn remove(&mut self, spot: Spot) -> Option<V> {
        self.get(spot)?;
        let entry = self.entries.try_remove(spot.index)?;
        self.index.remove(&entry.key);
        Some(entry.value)
    }

    /// What has to go for one more to have room: nothing, or the eighth of all that was seen longest ago. So looking
    /// through all of them is paid for by many that come. What `seen` tells nothing of stays.
    pub(crate) fn surplus(&self, seen: impl Fn(&V) -> Option<Instant>) -> Vec<Spot> {
        if self.entries.len() < self.limit {
            return Vec::new();
        }
        let mut spots: Vec<_> = self
            .iter()
            .filter_map(|(spot, _, value)| seen(value).map(|seen| (seen, spot)))
            .collect();
        let count = (self.limit / 8).max(1).min(spots.len());
        if count < spots.len() {
            spots.select_nth_unstable(count);
        }
        spots.truncate(count);
        spots.into_iter().map(|(_, spot)| spot).collect()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Spot, &K, &V)> {
        self.entries
            .iter()
            .map(|(index, entry)| (Spot { index, stamp: entry.stamp }, &entry.key, &entry.value))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.entries.len(), self.index.len());
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_longest_unseen_go_and_their_spots_lead_nowhere() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut table = Table::new(16);
        let spots: Vec<_> = (0..16).map(|key| table.insert(key, at(100 - key))).collect();
        // 15 is the oldest, but has to stay.
        let surplus = table.surplus(|seen| (*seen != at(85)).then_some(*seen));
        assert_eq!(surplus.len(), 2);
        assert!(surplus.contains(&spots[14]) && surplus.contains(&spots[13]));
        for spot in surplus {
            assert!(table.remove(spot).is_some() && table.remove(spot).is_none());
        }
        assert_eq!(table.surplus(|seen| Some(*seen)), []);
        let new = table.insert(99, start);
        assert!([13, 14].contains(&new.index()));
        assert!(table.get(spots[13]).is_none() && table.get(spots[14]).is_none());
        assert_eq!(table.get(new), Some(&start));
        assert_eq!((table.find(&13), table.find(&99), table.len()), (None, Some(new), 15));
    }

    #[test]
    fn what_is_removed_is_not_found_again_as_the_last() {
        let mut table = Table::new(4);
        let spot = table.insert("one", 1);
        assert_eq!(table.find(&"one"), Some(spot));
        assert_eq!(table.remove(spot), Some(1));
        assert_eq!(table.find(&"one"), None);
        let other = table.insert("other", 2);
        assert_eq!(other.index(), spot.index());
        assert_eq!((table.find(&"one"), table.find(&"other")), (None, Some(other)));
        *table.get_mut(other).unwrap() += 1;
        assert_eq!(table.get(other), Some(&3));
    }
}
