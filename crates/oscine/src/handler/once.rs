//! Handlers that are called once.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use crate::handler::call::Call;
use crate::handler::callable::{Answer, Callable, Outcome, Running};
use crate::handler::registered::Registered;

/// A handler that is called once.
pub(crate) struct Once {
    inner: Arc<dyn Callable>,
    used: AtomicBool,
}

impl Once {
    pub(crate) const fn new(inner: Arc<dyn Callable>) -> Self {
        Self { inner, used: AtomicBool::new(false) }
    }
}

impl Callable for Once {
    fn call(&self, call: &mut Call<'_>, answer: &mut Answer) -> Outcome {
        if self.used.swap(true, Ordering::AcqRel) {
            answer.misfit = Some(call.args.bad_value("the handler was for one call, and had it"));
            return Outcome::Misfit;
        }
        let end = TakenBack(call.registered);
        let outcome = self.inner.call(call, answer);
        if outcome == Outcome::Misfit {
            mem::forget(end);
            self.used.store(false, Ordering::Release);
        }
        outcome
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

/// Takes the registration back when it is dropped: also when the handler panics.
struct TakenBack<'a>(Registered<'a>);

impl Drop for TakenBack<'_> {
    fn drop(&mut self) {
        self.0.take_back();
    }
}
