//! One container of the tree.

use std::sync::Arc;

use imbl::OrdMap;

use crate::space::entry::Entries;

/// A container, a method, or both at once: `/foo` may stand beside `/foo/bar`.
#[derive(Debug)]
pub(crate) struct Node<T> {
    /// What is registered here.
    pub(crate) entries: Option<Entries<T>>,
    /// What lies below, by name. Persistent: a clone shares all of it.
    pub(crate) children: OrdMap<Arc<str>, Self>,
}

impl<T> Node<T> {
    /// Whether nothing is registered here or below.
    fn is_empty(&self) -> bool {
        self.entries.is_none() && self.children.is_empty()
    }

    /// Sets what is registered at `path` below this node, and makes or removes containers as that needs.
    pub(crate) fn set<'p>(
        &mut self,
        mut path: impl Iterator<Item = &'p str>,
        entries: Option<Entries<T>>,
    ) {
        let Some(name) = path.next() else {
            self.entries = entries;
            return;
        };
        let child = self.children.entry(Arc::from(name)).or_default();
        child.set(path, entries);
        if child.is_empty() {
            self.children.remove(name);
        }
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone(), children: self.children.clone() }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { entries: None, children: OrdMap::new() }
    }
}
