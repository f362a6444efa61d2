//! The tree as a value.

use std::sync::Arc;

use imbl::GenericHashMap;
use imbl::shared_ptr::DefaultSharedPtr;
use oscine_codec::{Address, Pattern};

use crate::space::entry::{Entries, EntriesAt, Entry};
use crate::space::key::MethodKey;
use crate::space::matching::matching;
use crate::space::node::Node;

/// Whole addresses to what is registered there. Keys come from registrations, never from the wire.
type Index<T> = GenericHashMap<Arc<str>, Entries<T>, foldhash::fast::FixedState, DefaultSharedPtr>;

/// A tree of containers and methods, each carrying values of type `T`: a persistent value.
///
/// A literal address is one hash look-up, however many methods there are. A pattern walks the tree and visits only
/// what can match. A clone is a snapshot.
///
/// # Examples
///
/// ```
/// use oscine::{Address, Pattern, Space};
///
/// let mut space = Space::new();
/// let key = space.insert(&Address::new("/mixer/1/gain")?, "first");
/// space.insert(&Address::new("/mixer/2/gain")?, "second");
///
/// let snapshot = space.clone();
/// assert!(space.remove(key));
/// assert!(space.find("/mixer/1/gain").is_none());
///
/// let gains = Pattern::new("/mixer/*/gain")?;
/// let values: Vec<_> = snapshot.matching(&gains).iter().map(|entry| entry.value).collect();
/// assert_eq!(values, ["first", "second"]);
/// # Ok::<(), oscine::AddressError>(())
/// ```
#[derive(Debug)]
pub struct Space<T> {
    root: Node<T>,
    // Invariant: holds the entries of every node in the tree that has any.
    index: Index<T>,
    // Invariant: the address of every registration, by key.
    keys: imbl::OrdMap<MethodKey, Arc<Address>>,
    next_key: u64,
}

impl<T: Clone> Space<T> {
    /// An empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self {
            root: Node::default(),
            index: Index::with_hasher(foldhash::fast::FixedState::default()),
            keys: imbl::OrdMap::new(),
            next_key: 0,
        }
    }

    /// Registers `value` at `address`, behind what is registered there already.
    pub fn insert(&mut self, address: &Address, value: T) -> MethodKey {
        let key = MethodKey(self.next_key);
        self.next_key += 1;
        let (address, mut list) = match self.index.get(address.as_str()) {
            Some(there) => (Arc::clone(there.address()), there.as_slice().to_vec()),
            None => (Arc::new(address.clone()), Vec::with_capacity(1)),
        };
        list.push(Entry { key, value });
        self.keys.insert(key, Arc::clone(&address));
        self.set(address, list);
        key
    }

    /// Takes one registration back. False when it is gone already.
    pub fn remove(&mut self, key: MethodKey) -> bool {
        let Some(address) = self.keys.remove(&key) else { return false };
        let there = self.index.get(address.as_str()).map(Entries::as_slice).unwrap_or_default();
        let list = there.iter().filter(|entry| entry.key != key).cloned().collect();
        self.set(address, list);
        true
    }

    /// Takes back all registrations at `address`, and says how many there were. What lies below it stays.
    pub fn remove_address(&mut self, address: &str) -> usize {
        let Some(entries) = self.index.get(address).cloned() else { return 0 };
        for entry in entries.as_slice() {
            self.keys.remove(&entry.key);
        }
        self.set(Arc::clone(entries.address()), Vec::new());
        entries.as_slice().len()
    }

    /// What is registered at exactly `address`.
    #[must_use]
    pub fn find(&self, address: &str) -> Option<&Entries<T>> {
        self.index.get(address)
    }

    /// Every registration whose address `pattern` matches, in the order of registration.
    #[must_use]
    pub fn matching(&self, pattern: &Pattern) -> Vec<&Entry<T>> {
        let found = matching(&self.root, pattern);
        let mut entries: Vec<_> = found.into_iter().flat_map(Entries::as_slice).collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        entries
    }

    /// The address of a registration.
    #[must_use]
    pub fn address_of(&self, key: MethodKey) -> Option<&Arc<Address>> {
        self.keys.get(&key)
    }

    /// What is registered at each address, in the order of the tree.
    pub fn walk(&self) -> impl Iterator<Item = &Entries<T>> {
        let mut stack = vec![&self.root];
        std::iter::from_fn(move || {
            loop {
                let node = stack.pop()?;
                stack.extend(node.children.values().rev());
                if let Some(entries) = &node.entries {
                    return Some(entries);
                }
            }
        })
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

    fn set(&mut self, address: Arc<Address>, list: Vec<Entry<T>>) {
        if list.is_empty() {
            self.index.remove(address.as_str());
            self.root.set(address.parts(), None);
        } else {
            let entries = Entries(Arc::new(EntriesAt { address: Arc::clone(&address), list }));
            self.index.insert(Arc::from(address.as_str()), entries.clone());
            self.root.set(address.parts(), Some(entries));
        }
    }
}

impl<T> Clone for Space<T> {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
            index: self.index.clone(),
            keys: self.keys.clone(),
            next_key: self.next_key,
        }
    }
}

impl<T: Clone> Default for Space<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(addresses: &[&str]) -> Space<usize> {
        let mut space = Space::new();
        for (value, address) in addresses.iter().enumerate() {
            space.insert(&Address::new(*address).unwrap(), value);
        }
        space
    }

    fn hits(space: &Space<usize>, pattern: &str) -> Vec<usize> {
        let pattern = Pattern::new(pattern).unwrap();
        space.matching(&pattern).iter().map(|entry| entry.value).collect()
    }

    #[test]
    fn patterns_find_methods_in_the_order_of_registration() {
        let space = space(&["/b/x", "/a/x", "/a", "/a/y/z", "/a/x", "/c/x/x"]);
        assert_eq!(hits(&space, "/?/x"), [0, 1, 4]);
        assert_eq!(hits(&space, "/a"), [2]);
        assert_eq!(hits(&space, "/a/*"), [1, 4]);
        assert_eq!(hits(&space, "//x"), [0, 1, 4, 5]);
        assert_eq!(hits(&space, "//z"), [3]);
        assert_eq!(hits(&space, "/*//x//*"), [5]);
        assert_eq!(hits(&space, "/{a,c}//x"), [1, 4, 5]);
        assert_eq!(hits(&space, "/nothing/*"), [0; 0]);
    }

    #[test]
    fn a_walk_agrees_with_matching_each_address_alone() {
        let names = ["a", "b", "ab", "a.b"];
        let mut addresses = Vec::new();
        for one in names {
            addresses.push(format!("/{one}"));
            for two in names {
                addresses.push(format!("/{one}/{two}"));
                addresses.extend(names.map(|three| format!("/{one}/{two}/{three}")));
            }
        }
        let space = space(&addresses.iter().map(String::as_str).collect::<Vec<_>>());
        for pattern in
            ["/*", "//*", "//a", "/a//b", "/?/?/?", "/[!b]*//{ab,a.b}", "/a//*//b", "//a//"]
        {
            let compiled = Pattern::new(pattern).unwrap();
            let alone = addresses.iter().enumerate().filter(|(_, a)| compiled.matches(a));
            assert_eq!(
                hits(&space, pattern),
                alone.map(|(i, _)| i).collect::<Vec<_>>(),
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_is_removed_leaves_no_trace() {
        let mut space = space(&["/a", "/a/b", "/a/b"]);
        let snapshot = space.clone();
        assert!(space.remove(MethodKey(1)));
        assert!(!space.remove(MethodKey(1)));
        assert_eq!(hits(&space, "/a/*"), [2]);
        assert_eq!(space.remove_address("/a/b"), 1);
        assert_eq!(space.remove_address("/a/b"), 0);
        assert_eq!(space.walk().map(|e| e.address().as_str()).collect::<Vec<_>>(), ["/a"]);
        assert!(space.remove(MethodKey(0)));
        assert!(space.is_empty() && space.root.children.is_empty() && space.index.is_empty());
        assert_eq!((snapshot.len(), hits(&snapshot, "//*")), (3, vec![0, 1, 2]));
    }
}
