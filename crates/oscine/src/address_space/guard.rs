//! A registration that ends with its owner.

use crate::address_space::address_space::AddressSpace;
use crate::space::key::MethodKey;

/// A registration that is taken back when this is dropped; see [`AddressSpace::guard`].
#[derive(Debug)]
#[must_use = "the registration is taken back when this is dropped"]
pub struct MethodGuard {
    space: AddressSpace,
    key: MethodKey,
}

impl MethodGuard {
    /// What the registration is known by.
    #[must_use]
    pub const fn key(&self) -> MethodKey {
        self.key
    }
}

impl Drop for MethodGuard {
    fn drop(&mut self) {
        self.space.remove(self.key);
    }
}

impl AddressSpace {
    /// Takes a registration back when what is returned is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine::AddressSpace;
    ///
    /// let space = AddressSpace::new();
    /// {
    ///     let _scope = space.guard(space.method("/cue", |n: i32| println!("cue {n}"))?);
    ///     assert_eq!(space.len(), 1);
    /// }
    /// assert!(space.is_empty());
    /// # Ok::<(), oscine::AddressError>(())
    /// ```
    pub fn guard(&self, key: MethodKey) -> MethodGuard {
        MethodGuard { space: self.clone(), key }
    }
}
