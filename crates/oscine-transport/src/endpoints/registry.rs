//! Which names there are.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::endpoint::uri::Endpoint;
use crate::endpoints::entry::Entry;
use crate::endpoints::error::NameError;
use crate::endpoints::target::ALL;

/// Which names there are, and the endpoints that are used without one.
#[derive(Debug, Default)]
pub(super) struct Registry {
    names: BTreeMap<Arc<str>, Named>,
    nameless: HashMap<Endpoint, Arc<Entry>>,
}

#[derive(Debug)]
enum Named {
    Endpoint(Arc<Entry>),
    Group(Vec<Arc<str>>),
}

impl Registry {
    pub(super) fn add(&mut self, name: &str, endpoint: Endpoint) -> Result<(), NameError> {
        let name = self.free(name)?;
        let entry = Arc::new(Entry::new(Some(Arc::clone(&name)), endpoint));
        self.names.insert(name, Named::Endpoint(entry));
        Ok(())
    }

    pub(super) fn add_group(
        &mut self,
        name: &str,
        members: Vec<Arc<str>>,
    ) -> Result<(), NameError> {
        let name = self.free(name)?;
        self.names.insert(name, Named::Group(members));
        Ok(())
    }

    /// Takes a name out; what it stood for is given back, to be dropped outside of a lock.
    pub(super) fn remove(&mut self, name: &str) -> Option<impl Sized + use<>> {
        self.names.remove(name)
    }

    /// Shows the endpoints that a name stands for, those of a group's members, and the names that
    /// nothing has. An endpoint that is reached on several ways is shown several times.
    pub(super) fn each<'a>(
        &'a self,
        name: &str,
        see: &mut impl FnMut(Result<&'a Arc<Entry>, &str>),
    ) {
        if name == ALL {
            return self.named().for_each(|entry| see(Ok(entry)));
        }
        match self.names.get(name) {
            Some(Named::Endpoint(entry)) => see(Ok(entry)),
            Some(Named::Group(_)) => self.each_member(name, &mut Vec::new(), see),
            None => see(Err(name)),
        }
    }

    /// The endpoint without a name, if it has been used before.
    pub(super) fn nameless(&self, endpoint: &Endpoint) -> Option<&Arc<Entry>> {
        self.nameless.get(endpoint)
    }

    /// Remembers an endpoint without a name, if there is room for it.
    pub(super) fn remember(&mut self, endpoint: Endpoint) {
        if self.nameless.len() < MOST_NAMELESS {
            let make = || Arc::new(Entry::new(None, endpoint.clone()));
            self.nameless.entry(endpoint.clone()).or_insert_with(make);
        }
    }

    /// All endpoints, in the order of their names, and those without.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.named().chain(self.nameless.values())
    }

    /// All endpoints that have a name, in the order of their names.
    pub(super) fn named(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.names.values().filter_map(|named| match named {
            Named::Endpoint(entry) => Some(entry),
            Named::Group(_) => None,
        })
    }

    /// Shows the members of a group that was not open before: groups may stand in groups, also in
    /// a circle.
    fn each_member<'a>(
        &'a self,
        name: &str,
        open: &mut Vec<&'a str>,
        see: &mut impl FnMut(Result<&'a Arc<Entry>, &str>),
    ) {
        let Some((name, Named::Group(members))) = self.names.get_key_value(name) else { return };
        if open.contains(&&**name) {
            return;
        }
        open.push(name);
        for member in members {
            match self.names.get(member) {
                Some(Named::Group(_)) => self.each_member(member, open, see),
                _ => self.each(member, see),
            }
        }
    }

    /// Answers with the name if it can be given.
    fn free(&self, name: &str) -> Result<Arc<str>, NameError> {
        if name.is_empty() {
            Err(NameError::Empty)
        } else if name.starts_with('_') {
            Err(NameError::Reserved { name: name.into() })
        } else if self.names.contains_key(name) {
            Err(NameError::Taken { name: name.into() })
        } else {
            Ok(name.into())
        }
    }
}

/// How many endpoints are remembered that have no name.
pub(super) const MOST_NAMELESS: usize = 1_024;
