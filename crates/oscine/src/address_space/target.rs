//! A handler that a message reaches.

use std::sync::Arc;

use crate::handler::callable::Callable;
use crate::handler::registered::{Registered, Registration};

/// A handler that a message reaches, and what it needs to know of its registration.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) method: Arc<dyn Callable>,
    pub(crate) registration: Registration,
}

impl Target {
    #[inline]
    pub(crate) const fn registered(&self) -> Registered<'_> {
        Registered::Apart(&self.registration)
    }
}
