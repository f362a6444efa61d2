//! Every task that a client spawns.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// The tasks of one client. They end when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    set: JoinSet<()>,
    finishing: CancellationToken,
}

impl Tasks {
    pub(crate) fn add(&mut self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        // Those that have ended take no place.
        while self.set.try_join_next().is_some() {}
        self.set.spawn(task)
    }

    /// Tells tasks to do what is left to do, and to end.
    pub(crate) fn finishing(&self) -> CancellationToken {
        self.finishing.clone()
    }

    /// Tells all tasks to end, and waits until they have. Cancel safe.
    pub(crate) async fn finish(&mut self) {
        self.finishing.cancel();
        while self.set.join_next().await.is_some() {}
    }
}

/// Spawns a task that ends by itself.
pub(crate) fn begin(runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) {
    runtime.spawn(task);
}
