//! A runtime for callers that have none.

use std::future::Future;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task;

use crate::blocking::error::BlockingError;

/// A runtime on a thread of its own, and the way to wait for futures outside of it. Clones share it;
/// the thread ends with the last one.
#[derive(Debug, Clone)]
pub(crate) struct Driver {
    thread: Arc<Thread>,
}

#[derive(Debug)]
struct Thread {
    handle: Handle,
    /// Dropped, it ends the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    pub(crate) fn start() -> Result<Self, BlockingError> {
        refuse_inside_runtime()?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(BlockingError::Thread)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("oscine-blocking".into())
            .spawn(move || {
                // It is dropped, never sent.
                let _ = runtime.block_on(stopped);
                // Looking up a name may take a minute, which nobody waits for.
                runtime.shutdown_background();
            })
            .map_err(BlockingError::Thread)?;
        let thread = Thread { handle, stop: Some(stop), thread: Some(thread) };
        Ok(Self { thread: Arc::new(thread) })
    }

    /// Waits for a future, which is polled on the thread of the caller.
    pub(crate) fn wait<F: Future>(&self, future: F) -> Result<F::Output, BlockingError> {
        refuse_inside_runtime()?;
        Ok(self.thread.handle.block_on(future))
    }

    /// Has the thread poll a future.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> task::JoinHandle<T> {
        self.thread.handle.spawn(future)
    }

    /// Calls something that spawns tasks.
    pub(crate) fn enter<T>(&self, call: impl FnOnce() -> T) -> T {
        let _entered = self.thread.handle.enter();
        call()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.stop = None;
        // A hook that the thread runs may hold the last clone, and no thread waits for itself.
        let thread = self.thread.take().filter(|own| own.thread().id() != thread::current().id());
        if let Some(thread) = thread {
            // It has nothing more to do, so this takes no time to speak of.
            let _ = thread.join();
        }
    }
}

/// Tokio would panic, and other tasks would wait.
fn refuse_inside_runtime() -> Result<(), BlockingError> {
    match Handle::try_current() {
        Ok(_) => Err(BlockingError::InsideRuntime),
        Err(_) => Ok(()),
    }
}
