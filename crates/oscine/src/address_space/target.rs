//! A handler that a message reaches.

use std::sync::Arc;

use crate::handler::callable::Callable;
use crate::handler::registered::{Home, Registered};
use crate::space::key::MethodKey;
use crate::space::place::Place;

/// A handler that a message reaches, and what it needs to know of its registration.
#[derive(Clone)]
pub(crate) struct Target {
    /// `None` for a fallback.
    pub(crate) at: Option<(Arc<Place>, MethodKey)>,
    pub(crate) method: Arc<dyn Callable>,
    pub(crate) home: Arc<Home>,
}

impl Target {
    pub(crate) fn registered(&self) -> Registered<'_> {
        let at = self.at.as_ref().map(|(place, key)| (&**place, *key));
        Registered { at, home: Some(&self.home) }
    }
}
