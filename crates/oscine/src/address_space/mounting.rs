//! Address spaces in address spaces.

use std::sync::Arc;

use oscine_codec::{Address, AddressError};
use thiserror::Error;

use crate::address_space::address_space::AddressSpace;
use crate::address_space::change::Change;
use crate::address_space::contents::{DEPTH, Mount, Shared};

impl AddressSpace {
    /// Mounts another address space: what is `/gain` there is `/ch/1/gain` here, if `at` is `/ch/1`.
    ///
    /// It is not copied. What changes there has changed here, and it may be mounted in several places and serve by
    /// itself as well. Its handlers keep its state and its strictness, and its fallback gets the messages below `at` that
    /// reach no method. Methods of this space are called before those of a mounted one.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::AddressSpace;
    ///
    /// let channel = AddressSpace::new();
    /// channel.method("/gain", |gain: f32| println!("{gain}"))?;
    /// let mixer = AddressSpace::new();
    /// for n in 1..=8 {
    ///     mixer.mount(format!("/ch/{n}"), &channel)?;
    /// }
    /// # Ok::<(), oscine::MountError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MountError`]; then nothing is mounted.
    pub fn mount(&self, at: impl AsRef<str>, other: &Self) -> Result<(), MountError> {
        let at = Address::new(at.as_ref())?;
        if holds(&other.shared, &self.shared, DEPTH) {
            return Err(MountError::Circle { at });
        }
        self.edit(|edit| {
            if edit.contents.mounts.iter().any(|mount| mount.at == at) {
                return Err(MountError::Taken { at });
            }
            let mount = Mount { at: at.clone(), shared: Arc::clone(&other.shared) };
            edit.contents.mounts = edit.contents.mounts.iter().cloned().chain([mount]).collect();
            edit.tell(|| Change::Mounts { at });
            Ok(())
        })
    }

    /// Takes back what is mounted at `at`. False if nothing is.
    pub fn unmount(&self, at: impl AsRef<str>) -> bool {
        let at = at.as_ref();
        self.edit(|edit| {
            let Some(mount) = edit.contents.mounts.iter().find(|mount| mount.at.as_str() == at)
            else {
                return false;
            };
            let at = mount.at.clone();
            let mounts = edit.contents.mounts.iter().filter(|mount| mount.at != at).cloned();
            edit.contents.mounts = mounts.collect();
            edit.tell(|| Change::Mounts { at });
            true
        })
    }
}

/// Whether `inner` is `outer` or mounted in it, or so deep that it cannot be told.
fn holds(outer: &Arc<Shared>, inner: &Arc<Shared>, depth: usize) -> bool {
    if Arc::ptr_eq(outer, inner) {
        return true;
    }
    let Some(depth) = depth.checked_sub(1) else { return true };
    outer.contents.load().mounts.iter().any(|mount| holds(&mount.shared, inner, depth))
}

/// Why an address space was not mounted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MountError {
    /// The place is not an address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// It would be mounted in itself, or deeper than 16 spaces.
    #[error("mounting at {at} would make a circle, or be deeper than {DEPTH} address spaces")]
    Circle {
        /// Where it was to be mounted.
        at: Address,
    },
    /// Another one is mounted there.
    #[error("another address space is mounted at {at}")]
    Taken {
        /// Where.
        at: Address,
    },
}
