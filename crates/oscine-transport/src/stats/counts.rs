//! Numbers by name.

use core::{array, fmt};

/// Numbers by name, such as bad packets by what was wrong with them.
///
/// # Examples
///
/// ```
/// # fn show(stats: &oscine_transport::Stats) {
/// for (kind, count) in stats.bad.iter().filter(|&(_, count)| count > 0) {
///     println!("{count} bad packets: {kind}");
/// }
/// # }
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    names: &'static [&'static str],
    /// As many of these as there are names.
    counts: [u64; MOST],
}

impl Counts {
    /// Makes counts of the names, with what `count` says of each place.
    pub(super) fn new(names: &'static [&'static str], count: impl Fn(usize) -> u64) -> Self {
        let count = |place| if place < names.len() { count(place) } else { 0 };
        Self { names, counts: array::from_fn(count) }
    }

    /// The number of this name; 0 if there is no such name.
    #[must_use]
    pub fn get(&self, name: &str) -> u64 {
        self.iter().find(|&(known, _)| known == name).map_or(0, |(_, count)| count)
    }

    /// All names with their numbers, those that are 0 included.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let Self { names, counts } = *self;
        names.iter().copied().zip(counts)
    }

    /// The sums of the numbers that two have of the same names.
    pub(super) fn plus(&self, other: &Self) -> Self {
        // One that is empty has no names.
        let names = if self.names.is_empty() { other.names } else { self.names };
        let sum = |place: usize| {
            let of = |counts: &[u64; MOST]| counts.get(place).copied().unwrap_or_default();
            of(&self.counts) + of(&other.counts)
        };
        Self { names, counts: array::from_fn(sum) }
    }

    /// The sum of all numbers.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Only the numbers that are not 0.
impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().filter(|&(_, count)| count > 0)).finish()
    }
}

/// The most names there can be.
pub(super) const MOST: usize = 24;
