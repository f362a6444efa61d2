//! One container of the tree.

use std::sync::Arc;

use imbl::OrdMap;
use oscine_codec::pattern::PartPattern;

use crate::space::entry::Entries;

/// A container, a method, or both at once: `/foo` may stand beside `/foo/bar`.
#[derive(Debug)]
pub(crate) struct Node<T> {
    /// What is registered here.
    pub(crate) entries: Option<Entries<T>>,
    /// What is registered here and for everything below.
    pub(crate) subtree: Option<Entries<T>>,
    /// What lies below, by name. Persistent: a clone shares all of it.
    pub(crate) children: OrdMap<Arc<str>, Arc<Self>>,
    /// What lies below, by parts of registered patterns that have wildcards.
    pub(crate) globs: OrdMap<Arc<str>, Glob<T>>,
    /// How many of `subtree` and `globs` have something in them, here and below.
    pub(crate) special: usize,
}

/// A part of registered patterns, and what lies below it.
#[derive(Debug)]
pub(crate) struct Glob<T> {
    pub(crate) part: Arc<PartPattern>,
    pub(crate) node: Arc<Node<T>>,
}

/// One step of the way to a node.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'a> {
    Name(&'a str),
    Glob(&'a str, &'a PartPattern),
}

impl<T> Node<T> {
    /// Whether nothing is registered here or below.
    fn is_empty(&self) -> bool {
        self.entries.is_none()
            && self.subtree.is_none()
            && self.children.is_empty()
            && self.globs.is_empty()
    }

    /// Changes the node at `path` below this one, and makes or removes containers as that needs. Only the nodes on the
    /// way are copied.
    pub(crate) fn edit<'p>(
        &mut self,
        mut path: impl Iterator<Item = Step<'p>>,
        change: impl FnOnce(&mut Self),
    ) {
        let Some(step) = path.next() else {
            let before = usize::from(self.subtree.is_some());
            change(self);
            self.special = self.special + usize::from(self.subtree.is_some()) - before;
            return;
        };
        let (before, after) = match step {
            Step::Name(name) => {
                if !self.children.contains_key(name) {
                    self.children.insert(Arc::from(name), Arc::default());
                }
                let Some(child) = self.children.get_mut(name) else { return };
                let before = child.special;
                let child = Arc::make_mut(child);
                child.edit(path, change);
                let after = child.special;
                if child.is_empty() {
                    self.children.remove(name);
                }
                (before, after)
            }
            Step::Glob(text, part) => {
                let before = self.globs.get(text).map_or(0, |glob| glob.node.special + 1);
                if !self.globs.contains_key(text) {
                    let glob = Glob { part: Arc::new(part.clone()), node: Arc::default() };
                    self.globs.insert(Arc::from(text), glob);
                }
                let Some(glob) = self.globs.get_mut(text) else { return };
                let child = Arc::make_mut(&mut glob.node);
                child.edit(path, change);
                let mut after = child.special + 1;
                if child.is_empty() {
                    self.globs.remove(text);
                    after = 0;
                }
                (before, after)
            }
        };
        self.special = self.special + after - before;
    }

    /// The node at `path` below this one.
    pub(crate) fn descend<'p>(&self, path: impl Iterator<Item = Step<'p>>) -> Option<&Self> {
        let mut node = self;
        for step in path {
            node = match step {
                Step::Name(name) => node.children.get(name)?,
                Step::Glob(text, _) => &node.globs.get(text)?.node,
            };
        }
        Some(node)
    }

    /// Everything registered here and below, in the order of the tree. No container is looked into before its turn, so
    /// that the first of many cost as much as they are.
    pub(crate) fn walk(&self) -> impl Iterator<Item = &Entries<T>> {
        let mut here = self.here();
        let mut stack = vec![self.below()];
        std::iter::from_fn(move || {
            loop {
                if let Some(entries) = here.next() {
                    return Some(entries);
                }
                match stack.last_mut()?.next() {
                    Some(node) => {
                        here = node.here();
                        stack.push(node.below());
                    }
                    None => drop(stack.pop()),
                }
            }
        })
    }

    fn here(&self) -> impl Iterator<Item = &Entries<T>> {
        self.entries.iter().chain(&self.subtree)
    }

    fn below(&self) -> impl Iterator<Item = &Self> {
        let globs = self.globs.values().map(|glob| &*glob.node);
        self.children.values().map(|child| &**child).chain(globs)
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        Self {
            entries: self.entries.clone(),
            subtree: self.subtree.clone(),
            children: self.children.clone(),
            globs: self.globs.clone(),
            special: self.special,
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            entries: None,
            subtree: None,
            children: OrdMap::new(),
            globs: OrdMap::new(),
            special: 0,
        }
    }
}

impl<T> Clone for Glob<T> {
    fn clone(&self) -> Self {
        Self { part: Arc::clone(&self.part), node: Arc::clone(&self.node) }
    }
}
