//! Handlers that are called only for some calls.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::handler::call::Call;
use crate::handler::callable::{Answer, Callable, Outcome, Running};

/// A handler that is called only when a filter accepts the call.
pub(crate) struct When<P> {
    inner: Arc<dyn Callable>,
    filter: P,
}

impl<P> When<P> {
    pub(crate) const fn new(inner: Arc<dyn Callable>, filter: P) -> Self {
        Self { inner, filter }
    }
}

impl<P: Fn(&Call<'_>) -> bool + Send + Sync> Callable for When<P> {
    fn call(&self, call: &mut Call<'_>, answer: &mut Answer) -> Outcome {
        if (self.filter)(call) {
            return self.inner.call(call, answer);
        }
        answer.misfit = Some(call.args.bad_value("the filter of the handler refuses the message"));
        Outcome::Misfit
    }

    fn type_tags(&self) -> String {
        self.inner.type_tags()
    }

    fn recycle(&self, running: Running) {
        self.inner.recycle(running);
    }

    fn slots(&self) -> Option<&Arc<Semaphore>> {
        self.inner.slots()
    }
}
