//! Several changes as one.

use std::fmt;
use std::sync::Arc;

use oscine_codec::{Address, AddressError};

use crate::address_space::change::Change;
use crate::address_space::contents::{Contents, Method};
use crate::address_space::info::Info;
use crate::handler::handler::Handler;
use crate::space::key::MethodKey;
use crate::space::moving::{MoveError, root};
use crate::space::place::{IntoPlace, Place};
use crate::space::space::Space;

/// Descriptions: where they were, where they are to be, and what they say.
pub(crate) type Infos = Vec<(Arc<str>, Place, Arc<Info>)>;

/// Several changes of an address space that take effect as one; see
/// [`AddressSpace::edit`](crate::AddressSpace::edit).
#[derive(Default)]
pub struct Edit {
    pub(crate) contents: Contents,
    pub(crate) changes: Vec<Change>,
    /// Whether anybody wants to hear of changes.
    pub(crate) heard: bool,
    /// What was taken back, to be dropped when the edit is done.
    removed: Vec<Method>,
}

impl Edit {
    /// As [`AddressSpace::method`](crate::AddressSpace::method).
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `place` is neither an address nor a pattern.
    pub fn method<M>(
        &mut self,
        place: impl IntoPlace,
        handler: impl Handler<M>,
    ) -> Result<MethodKey, AddressError> {
        self.insert_at(place.into_place(), handler.into_callable())
    }

    /// As [`AddressSpace::subtree`](crate::AddressSpace::subtree).
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `address` is not an address.
    pub fn subtree<M>(
        &mut self,
        address: impl AsRef<str>,
        handler: impl Handler<M>,
    ) -> Result<MethodKey, AddressError> {
        let place = Address::new(address.as_ref()).map(Place::Subtree);
        self.insert_at(place, handler.into_callable())
    }

    /// As [`AddressSpace::remove`](crate::AddressSpace::remove).
    pub fn remove(&mut self, key: MethodKey) -> bool {
        let Some((place, method, last)) = self.contents.methods.take(key) else { return false };
        self.removed.push(method);
        if last {
            self.contents.infos.remove(place.as_str());
        }
        self.tell(|| Change::Removed { key, place });
        true
    }

    /// As [`AddressSpace::remove_address`](crate::AddressSpace::remove_address).
    pub fn remove_address(&mut self, address: impl AsRef<str>) -> usize {
        let Some(entries) = self.contents.methods.find(address.as_ref()).cloned() else { return 0 };
        let keys = entries.as_slice().iter().map(|entry| entry.key);
        keys.filter(|&key| self.remove(key)).count()
    }

    /// As [`AddressSpace::remove_subtree`](crate::AddressSpace::remove_subtree).
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `address` is not an address.
    pub fn remove_subtree(&mut self, address: impl AsRef<str>) -> Result<usize, AddressError> {
        let below = self.contents.methods.below(&Address::new(address.as_ref())?);
        let keys = below.iter().flat_map(|entries| entries.as_slice()).map(|entry| entry.key);
        Ok(keys.filter(|&key| self.remove(key)).count())
    }

    /// As [`AddressSpace::move_subtree`](crate::AddressSpace::move_subtree).
    ///
    /// # Errors
    ///
    /// [`MoveError`]; then nothing has moved.
    pub fn move_subtree(&mut self, from: &Address, to: &Address) -> Result<usize, MoveError> {
        let moved = self.contents.methods.move_subtree(from, to)?;
        for (old, new, info) in self.infos_below(from, to) {
            self.contents.infos.remove(&*old);
            self.contents.infos.insert(Arc::from(new.as_str()), info);
        }
        self.tell(|| Change::Moved { from: from.clone(), to: to.clone() });
        Ok(moved)
    }

    /// Takes everything at and below `from` out: the methods, as a tree whose root is `from`, and the descriptions.
    pub(crate) fn take_out(&mut self, from: &Address) -> (Space<Method>, Infos) {
        for entries in self.contents.methods.below(from) {
            for entry in entries.as_slice() {
                let (key, place) = (entry.key, Arc::clone(entries.place()));
                self.tell(|| Change::Removed { key, place });
            }
        }
        let infos = self.infos_below(from, &root());
        for (old, ..) in &infos {
            self.contents.infos.remove(&**old);
        }
        (self.contents.methods.split_off(from), infos)
    }

    /// Puts in what was taken out elsewhere; says how many methods that were.
    pub(crate) fn put_in(&mut self, to: &Address, methods: &Space<Method>, infos: Infos) -> usize {
        let keys = self.contents.methods.graft(to, methods);
        for &key in &keys {
            if let Some(place) = self.contents.methods.place_of(key).cloned() {
                self.tell(|| Change::Added { key, place });
            }
        }
        for (_, place, info) in infos {
            if let Some(place) = place.moved(&root(), to) {
                self.contents.infos.insert(Arc::from(place.as_str()), info);
            }
        }
        keys.len()
    }

    /// The descriptions of places at and below `from`: where they are, and where they are with `to` in its place.
    fn infos_below(&self, from: &Address, to: &Address) -> Infos {
        let moved = |(text, info): (&Arc<str>, &Arc<Info>)| {
            let place = text.as_ref().into_place().ok()?.moved(from, to)?;
            Some((Arc::clone(text), place, Arc::clone(info)))
        };
        self.contents.infos.iter().filter_map(moved).collect()
    }

    /// As [`AddressSpace::describe`](crate::AddressSpace::describe).
    ///
    /// # Errors
    ///
    /// [`AddressError`] when `place` is neither an address nor a pattern.
    pub fn describe(&mut self, place: impl IntoPlace, info: Info) -> Result<(), AddressError> {
        let text: Arc<str> = Arc::from(place.into_place()?.as_str());
        self.contents.infos.insert(Arc::clone(&text), Arc::new(info));
        self.tell(|| Change::Described { place: text });
        Ok(())
    }

    pub(crate) fn tell(&mut self, change: impl FnOnce() -> Change) {
        if self.heard {
            self.changes.push(change());
        }
    }

    fn insert_at(
        &mut self,
        place: Result<Place, AddressError>,
        method: Method,
    ) -> Result<MethodKey, AddressError> {
        match place {
            Ok(place) => Ok(self.insert(place, method)),
            Err(error) => {
                // It may change the address space when it is dropped, which is for after the edit.
                self.removed.push(method);
                Err(error)
            }
        }
    }

    pub(crate) fn insert(&mut self, place: Place, method: Method) -> MethodKey {
        let key = self.contents.methods.insert(place, method);
        if let Some(place) = self.contents.methods.place_of(key).filter(|_| self.heard).cloned() {
            self.changes.push(Change::Added { key, place });
        }
        key
    }
}

impl fmt::Debug for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("methods", &self.contents.methods.len()).finish()
    }
}
