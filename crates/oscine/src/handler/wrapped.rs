//! Handlers with something around them.

use std::fmt;
use std::sync::Arc;

use crate::handler::callable::Callable;
use crate::handler::handler::Handler;

/// A handler with something around it, made by [`HandlerExt`](crate::HandlerExt): a handler again.
#[must_use = "a handler does nothing until it is registered"]
pub struct Wrapped(pub(crate) Arc<dyn Callable>);

impl Handler<Self> for Wrapped {
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn into_callable(self) -> Arc<dyn Callable> {
        self.0
    }
}

impl fmt::Debug for Wrapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wrapped").finish_non_exhaustive()
    }
}
