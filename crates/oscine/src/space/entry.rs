//! What is registered at one address.

use std::sync::Arc;

use oscine_codec::Address;

use crate::space::key::MethodKey;

/// One registration: what a node of the tree carries.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry<T> {
    /// What the registration is known by.
    pub key: MethodKey,
    /// What was registered.
    pub value: T,
}

/// All registrations at one address, in the order of registration; never none.
#[derive(Debug)]
pub struct Entries<T>(pub(crate) Arc<EntriesAt<T>>);

#[derive(Debug)]
pub(crate) struct EntriesAt<T> {
    pub(crate) address: Arc<Address>,
    pub(crate) list: Vec<Entry<T>>,
}

impl<T> Entries<T> {
    /// The address at which they are registered.
    #[must_use]
    pub fn address(&self) -> &Arc<Address> {
        &self.0.address
    }

    /// The registrations, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Entry<T>] {
        &self.0.list
    }
}

impl<T> Clone for Entries<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
