//! Handlers of which several calls may be under way.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::handler::call::Call;
use crate::handler::callable::{Answer, Callable, Outcome, Running};

/// A handler of which as many calls may be under way at once as it has slots.
pub(crate) struct Concurrent {
    inner: Arc<dyn Callable>,
    slots: Arc<Semaphore>,
}

impl Concurrent {
    pub(crate) fn new(inner: Arc<dyn Callable>, calls: usize) -> Self {
        let calls = calls.clamp(1, Semaphore::MAX_PERMITS);
        Self { inner, slots: Arc::new(Semaphore::new(calls)) }
    }
}

impl Callable for Concurrent {
    fn call(&self, call: &mut Call<'_>, answer: &mut Answer) -> Outcome {
        self.inner.call(call, answer)
    }

    fn type_tags(&self) -> String {
        self.inner.type_tags()
    }

    fn recycle(&self, running: Running) {
        self.inner.recycle(running);
    }

    fn slots(&self) -> Option<&Arc<Semaphore>> {
        Some(&self.slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::ext::HandlerExt;
    use crate::handler::handler::Handler;

    #[test]
    fn slots_are_seen_through_what_is_around() {
        let slots = |calls| {
            let handler = (async || {}).concurrent(calls).when(|_| true).once().into_callable();
            handler.slots().map(|slots| slots.available_permits())
        };
        assert_eq!([0, 1, 7].map(slots), [Some(1), Some(1), Some(7)]);
        assert_eq!(slots(usize::MAX), Some(Semaphore::MAX_PERMITS));
        assert!((async || {}).into_callable().slots().is_none());
        let twice = (async || {}).concurrent(2).concurrent(5).into_callable();
        assert_eq!(twice.slots().map(|slots| slots.available_permits()), Some(5));
    }
}
