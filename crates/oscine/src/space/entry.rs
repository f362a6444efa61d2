//! What is registered at one place.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::space::key::MethodKey;
use crate::space::place::Place;

/// One registration: what a node of the tree carries.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry<T> {
    /// What the registration is known by.
    pub key: MethodKey,
    /// What was registered.
    pub value: T,
}

/// All registrations at one place, in the order of registration; never none.
#[derive(Debug)]
pub struct Entries<T>(Arc<EntriesAt<T>>);

#[derive(Debug)]
struct EntriesAt<T> {
    place: Arc<Place>,
    /// Mostly one, which then lies beside the rest.
    list: SmallVec<[Entry<T>; 1]>,
}

/// A registration that an address or a pattern reaches.
#[derive(Debug)]
#[non_exhaustive]
pub struct Hit<'a, T> {
    /// All that is registered at its place.
    pub entries: &'a Entries<T>,
    /// The registration.
    pub entry: &'a Entry<T>,
}

impl<T> Entries<T> {
    /// Invariant: `list` is not empty.
    pub(crate) fn new(place: Arc<Place>, list: Vec<Entry<T>>) -> Self {
        Self(Arc::new(EntriesAt { place, list: list.into_iter().collect() }))
    }

    /// Where they are registered.
    #[must_use]
    pub fn place(&self) -> &Arc<Place> {
        &self.0.place
    }

    /// The registrations, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Entry<T>] {
        &self.0.list
    }

    /// Whether these are the very same, not only alike.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Adds each registration to `hits`.
    pub(crate) fn reach<'a>(&'a self, hits: &mut Vec<Hit<'a, T>>) {
        hits.extend(self.as_slice().iter().map(|entry| Hit { entries: self, entry }));
    }
}

impl<T> Clone for Entries<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Clone for Hit<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Hit<'_, T> {}
