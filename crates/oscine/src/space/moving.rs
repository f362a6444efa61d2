//! Moving sub-trees.

use std::sync::Arc;

use oscine_codec::Address;
use thiserror::Error;

use crate::space::entry::Entry;
use crate::space::key::MethodKey;
use crate::space::space::Space;

impl<T: Clone> Space<T> {
    /// Moves everything at and below `from` to `to`, and says how many registrations that were.
    ///
    /// Keys stay as they are, and with them the order of calls. Registrations under patterns move if the pattern
    /// begins with `from`. To rename is to move to another name in the same container.
    ///
    /// # Errors
    ///
    /// [`MoveError`]; then nothing has moved.
    pub fn move_subtree(&mut self, from: &Address, to: &Address) -> Result<usize, MoveError> {
        if to.starts_with(from) {
            return Err(MoveError::Inside { from: from.clone(), to: to.clone() });
        }
        if self.contains(to) {
            return Err(MoveError::Taken { address: to.clone() });
        }
        let below = self.below(from);
        if below.is_empty() {
            return Err(MoveError::Missing { address: from.clone() });
        }
        let mut moved = 0;
        for entries in below {
            let Some(place) = entries.place().moved(from, to).map(Arc::new) else { continue };
            for entry in entries.as_slice() {
                self.remove(entry.key);
                self.add(Arc::clone(&place), entry.clone());
                moved += 1;
            }
        }
        Ok(moved)
    }

    /// Takes everything at and below `from` out, as a tree of its own whose root is what was at `from`.
    #[must_use]
    pub fn split_off(&mut self, from: &Address) -> Self {
        let root = root();
        let mut taken = Self::new();
        for entries in self.below(from) {
            let Some(place) = entries.place().moved(from, &root).map(Arc::new) else { continue };
            for Entry { key, value } in entries.as_slice() {
                self.remove(*key);
                taken.add(Arc::clone(&place), Entry { key: *key, value: value.clone() });
            }
        }
        taken.next_key = self.next_key;
        taken
    }

    /// Puts all of another tree under `to`, behind what is registered there already. Answers with the new keys, in the
    /// order of the old ones.
    pub fn graft(&mut self, to: &Address, other: &Self) -> Vec<MethodKey> {
        let root = root();
        let mut grafted = Vec::new();
        let mut all: Vec<_> = other
            .walk()
            .flat_map(|entries| entries.as_slice().iter().map(move |entry| (entries, entry)))
            .collect();
        all.sort_unstable_by_key(|(_, entry)| entry.key);
        for (entries, entry) in all {
            if let Some(place) = entries.place().moved(&root, to) {
                grafted.push(self.insert(place, entry.value.clone()));
            }
        }
        grafted
    }
}

/// Why a sub-tree was not moved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MoveError {
    /// Nothing is registered there.
    #[error("nothing is registered at or below {address}")]
    Missing {
        /// Where nothing is.
        address: Address,
    },
    /// The new name is in use.
    #[error("there is something at {address} already")]
    Taken {
        /// Where something is.
        address: Address,
    },
    /// The new place lies below the old one.
    #[error("{to} lies inside of {from}")]
    Inside {
        /// What was to move.
        from: Address,
        /// Where to.
        to: Address,
    },
}

#[expect(clippy::expect_used, reason = "it is one")]
pub(crate) fn root() -> Address {
    Address::new("/").expect("the root is an address")
}
