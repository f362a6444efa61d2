//! The tree as a value.

use std::sync::Arc;

use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;
use oscine_codec::pattern::{MatchState, PartPattern};
use oscine_codec::{Address, Pattern};

use crate::space::entry::{Entries, Entry, Hit};
use crate::space::flat::{Flat, Slot};
use crate::space::key::MethodKey;
use crate::space::matching::{catching, matching};
use crate::space::node::{Node, Step};
use crate::space::place::Place;

/// Whole addresses to what is registered there. Keys come from registrations, never from the wire.
type Index<T> = GenericHashMap<Arc<[u8]>, Entries<T>, foldhash::fast::FixedState, DefaultSharedPtr>;

/// A tree of containers and methods, each carrying values of type `T`: a persistent value.
///
/// A literal address is one hash look-up, however many methods there are. A pattern walks the tree and visits only
/// what can match. Values may be registered under patterns too, and for whole sub-trees ([`Place`]). A clone is a
/// snapshot and costs a few reference counts.
///
/// # Examples
///
/// ```
/// use oscine::{Address, IntoPlace, Pattern, Space};
///
/// let mut space = Space::new();
/// let key = space.insert("/mixer/1/gain".into_place()?, "first");
/// space.insert("/mixer/2/gain".into_place()?, "second");
/// space.insert("/mixer/*/gain".into_place()?, "any");
///
/// let snapshot = space.clone();
/// assert!(space.remove(key));
/// assert!(space.find("/mixer/1/gain").is_none());
///
/// let values = |hits: Vec<oscine::Hit<'_, &'static str>>| -> Vec<_> {
///     hits.iter().map(|hit| hit.entry.value).collect()
/// };
/// assert_eq!(values(snapshot.matching(&Pattern::new("/mixer/?/gain")?)), ["first", "second", "any"]);
/// assert_eq!(values(snapshot.catching("/mixer/2/gain")), ["second", "any"]);
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug)]
pub struct Space<T> {
    root: Node<T>,
    // Invariant: holds the entries of every node in the tree that stand at exactly one address.
    index: Index<T>,
    // What stands for places that no walk leads to: patterns with `//`, and expressions.
    anywhere: imbl::OrdMap<MethodKey, Entries<T>>,
    // Invariant: the place of every registration, by key.
    keys: imbl::OrdMap<MethodKey, Arc<Place>>,
    pub(crate) next_key: u64,
    /// Of exactly this tree: renewed with each change.
    flat: Arc<Slot<T>>,
}

impl<T: Clone> Space<T> {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self {
            root: Node::default(),
            index: Index::with_hasher(foldhash::fast::FixedState::default()),
            anywhere: imbl::OrdMap::new(),
            keys: imbl::OrdMap::new(),
            next_key: 0,
            flat: Arc::default(),
        }
    }

    /// Registers `value` at `place`, behind what is registered there already.
    pub fn insert(&mut self, place: Place, value: T) -> MethodKey {
        let key = MethodKey(self.next_key);
        self.next_key += 1;
        self.add(Arc::new(place.plain()), Entry { key, value });
        key
    }

    /// Takes one registration back. False when it is gone already.
    pub fn remove(&mut self, key: MethodKey) -> bool {
        self.take(key).is_some()
    }

    /// Takes one registration back: where it was, what it was, and whether it was the last one there.
    pub(crate) fn take(&mut self, key: MethodKey) -> Option<(Arc<Place>, T, bool)> {
        let place = self.keys.remove(&key)?;
        if let Some(entries) = self.anywhere.remove(&key) {
            let value = entries.as_slice().first()?.value.clone();
            return Some((place, value, true));
        }
        let mut taken = None;
        self.change(&place, |there| {
            let (gone, left): (Vec<_>, Vec<_>) =
                there?.as_slice().iter().cloned().partition(|entry| entry.key == key);
            let last = left.is_empty();
            taken = gone.into_iter().next().map(|entry| (entry.value, last));
            Some(left).filter(|_| !last)
        });
        taken.map(|(value, last)| (place, value, last))
    }

    /// Takes back all registrations at exactly `address`, and says how many there were. What lies below it stays.
    pub fn remove_address(&mut self, address: &str) -> usize {
        let Some(entries) = self.find(address).cloned() else { return 0 };
        self.remove_all(&entries)
    }

    /// Takes back all registrations at and below `address`, and says how many there were.
    ///
    /// Those under patterns count as below it if they begin with it.
    pub fn remove_subtree(&mut self, address: &Address) -> usize {
        let below = self.below(address);
        below.iter().map(|entries| self.remove_all(entries)).sum()
    }

    /// What is registered at exactly `address`.
    #[must_use]
    pub fn find(&self, address: &str) -> Option<&Entries<T>> {
        self.find_bytes(address.as_bytes())
    }

    /// As [`find`](Self::find), of text that is not known to be UTF-8.
    #[inline]
    pub(crate) fn find_bytes(&self, address: &[u8]) -> Option<&Entries<T>> {
        self.index.get(address)
    }

    /// What is registered at the place of this text.
    #[must_use]
    pub fn at(&self, place: &str) -> Option<&Entries<T>> {
        self.find(place).or_else(|| self.walk().find(|entries| entries.place().as_str() == place))
    }

    /// Whether there are registrations that [`find`](Self::find) cannot find: under patterns, or for sub-trees.
    #[must_use]
    pub fn has_patterns(&self) -> bool {
        self.root.special > 0 || !self.anywhere.is_empty()
    }

    /// Every registration that a message with this literal address reaches, in the order of registration.
    #[must_use]
    pub fn catching(&self, address: &str) -> Vec<Hit<'_, T>> {
        let mut hits = Vec::new();
        if let Some(entries) = self.find(address) {
            entries.reach(&mut hits);
        }
        if self.root.special > 0 {
            catching(&self.root, if address == "/" { "" } else { address }, &mut hits);
        }
        for entries in self.anywhere.values() {
            let caught = match &**entries.place() {
                Place::Pattern(pattern) => pattern.matches(address),
                #[cfg(feature = "regex")]
                Place::Regex(regex) => regex.matches(address),
                Place::Address(_) | Place::Subtree(_) => false,
            };
            if caught {
                entries.reach(&mut hits);
            }
        }
        sorted(hits)
    }

    /// Every registration that a message with this address pattern reaches, in the order of registration: those at an
    /// address that it matches, and those under a pattern if some address fits both.
    #[must_use]
    pub fn matching(&self, pattern: &Pattern) -> Vec<Hit<'_, T>> {
        self.matching_below(pattern, pattern.start(), |anywhere| anywhere.overlaps(pattern))
    }

    /// As [`matching`](Self::matching), from `state` on; `meets` tells whether a pattern with `//` fits.
    pub(crate) fn matching_below(
        &self,
        pattern: &Pattern,
        state: MatchState,
        meets: impl Fn(&Pattern) -> bool,
    ) -> Vec<Hit<'_, T>> {
        let mut hits = Vec::new();
        self.flat.walked(matching(&self.root, pattern, state, &mut hits));
        for entries in self.anywhere.values() {
            if matches!(&**entries.place(), Place::Pattern(anywhere) if meets(anywhere)) {
                entries.reach(&mut hits);
            }
        }
        sorted(hits)
    }

    /// The literal part of the tree in its flat form, if walks have been costly enough to make it.
    pub(crate) fn flat(&self) -> Option<&Arc<Flat<T>>> {
        self.flat.get(&self.root, self.len())
    }

    /// What was registered under a key. None when it was taken back.
    #[must_use]
    pub fn get(&self, key: MethodKey) -> Option<&T> {
        let entries = match &**self.keys.get(&key)? {
            Place::Address(address) => self.find(address.as_str()),
            Place::Subtree(address) => self.root.descend(names(address))?.subtree.as_ref(),
            Place::Pattern(pattern) => {
                let anywhere = self.anywhere.get(&key);
                anywhere.or_else(|| self.root.descend(steps(pattern))?.entries.as_ref())
            }
            #[cfg(feature = "regex")]
            Place::Regex(_) => self.anywhere.get(&key),
        };
        entries?.as_slice().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The place of a registration.
    #[must_use]
    pub fn place_of(&self, key: MethodKey) -> Option<&Arc<Place>> {
        self.keys.get(&key)
    }

    /// What is registered at each place, in the order of the tree; last what stands for places anywhere.
    pub fn walk(&self) -> impl Iterator<Item = &Entries<T>> {
        self.root.walk().chain(self.anywhere.values())
    }

    /// The names that lie directly below `address`, in order; none if there is no such container.
    pub fn children(&self, address: &Address) -> impl Iterator<Item = &str> {
        let node = self.root.descend(names(address));
        node.into_iter().flat_map(|node| node.children.keys()).map(|name| &**name)
    }

    /// Whether there is a container or a method at `address`.
    #[must_use]
    pub fn contains(&self, address: &Address) -> bool {
        self.root.descend(names(address)).is_some()
    }

    /// The number of registrations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether nothing is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What is registered at and below `address`, those under patterns that begin with it among them.
    pub(crate) fn below(&self, address: &Address) -> Vec<Entries<T>> {
        self.walk_below(address).cloned().collect()
    }

    /// As [`walk`](Self::walk), at and below `address` alone, those under patterns that begin with it among them.
    pub(crate) fn walk_below(&self, address: &Address) -> impl Iterator<Item = &Entries<T>> {
        let tree = self.root.descend(names(address)).into_iter().flat_map(Node::walk);
        let is_below = |e: &&Entries<T>| e.place().moved(address, address).is_some();
        tree.chain(self.anywhere.values().filter(is_below))
    }

    /// Registers under a key that is given.
    pub(crate) fn add(&mut self, place: Arc<Place>, entry: Entry<T>) {
        self.keys.insert(entry.key, Arc::clone(&place));
        if walkable(&place) {
            self.change(&place, |there| {
                let mut list = there.map_or_else(Vec::new, |entries| entries.as_slice().to_vec());
                let at = list.partition_point(|other| other.key < entry.key);
                list.insert(at, entry);
                Some(list)
            });
        } else {
            self.anywhere.insert(entry.key, Entries::new(place, vec![entry]));
        }
    }

    fn remove_all(&mut self, entries: &Entries<T>) -> usize {
        let all = entries.as_slice();
        all.iter().filter(|entry| self.remove(entry.key)).count()
    }

    /// Changes what is registered at a place that a walk leads to.
    fn change(
        &mut self,
        place: &Arc<Place>,
        change: impl FnOnce(Option<&Entries<T>>) -> Option<Vec<Entry<T>>>,
    ) {
        self.flat = Arc::default();
        let renew = |slot: &mut Option<Entries<T>>| {
            let list = change(slot.as_ref());
            let place = slot.as_ref().map_or(place, Entries::place);
            *slot = list.map(|list| Entries::new(Arc::clone(place), list));
        };
        match &**place {
            Place::Address(address) => {
                let mut renewed = None;
                self.root.edit(names(address), |node| {
                    renew(&mut node.entries);
                    renewed.clone_from(&node.entries);
                });
                match renewed {
                    Some(entries) => {
                        self.index.insert(Arc::from(address.as_str().as_bytes()), entries)
                    }
                    None => self.index.remove(address.as_str().as_bytes()),
                };
            }
            Place::Subtree(address) => {
                self.root.edit(names(address), |node| renew(&mut node.subtree));
            }
            Place::Pattern(pattern) => {
                self.root.edit(steps(pattern), |node| renew(&mut node.entries));
            }
            #[cfg(feature = "regex")]
            Place::Regex(_) => {}
        }
    }
}

/// Whether a walk through the tree leads to a place.
fn walkable(place: &Place) -> bool {
    match place {
        Place::Address(_) | Place::Subtree(_) => true,
        // Without wildcards it holds something that no address does, such as a space; messages may all the same.
        Place::Pattern(pattern) => {
            let mut parts = pattern.parts().iter();
            Pattern::is_pattern(pattern.as_str()) && !parts.any(PartPattern::is_descend)
        }
        #[cfg(feature = "regex")]
        Place::Regex(_) => false,
    }
}

/// The way to an address.
fn names(address: &Address) -> impl Iterator<Item = Step<'_>> {
    address.parts().map(Step::Name)
}

/// The way to where a pattern is registered.
fn steps(pattern: &Pattern) -> impl Iterator<Item = Step<'_>> {
    let (text, mut end) = (pattern.as_str(), 0);
    let names = text.split('/').skip(1);
    pattern.parts().iter().zip(names).map(move |(part, name)| {
        let slash = end;
        end += 1 + name.len();
        match part.literal() {
            Some(name) => Step::Name(name),
            // Without nesting the same text means something else: the slash in front keeps them apart.
            None if part.is_nested() => Step::Glob(text.get(slash..end).unwrap_or(name), part),
            None => Step::Glob(name, part),
        }
    })
}

fn sorted<T>(mut hits: Vec<Hit<'_, T>>) -> Vec<Hit<'_, T>> {
    hits.sort_unstable_by_key(|hit| hit.entry.key);
    hits
}

impl<T> Clone for Space<T> {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            index: self.index.clone(),
            anywhere: self.anywhere.clone(),
            keys: self.keys.clone(),
            next_key: self.next_key,
            flat: Arc::clone(&self.flat),
        }
    }
}

impl<T: Clone> Default for Space<T> {
    fn default() -> Self {
        Self::new()
    }
}
