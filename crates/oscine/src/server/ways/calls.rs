//! Handlers that nobody waits for.

use std::convert::Infallible;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The calls of handlers that are under way while other messages go on, each in a task of its own.
#[derive(Debug)]
pub(crate) struct Calls {
    under_way: TaskTracker,
    cut: CancellationToken,
}

impl Calls {
    /// None yet. They are dropped when `cut` says so.
    pub(crate) fn new(cut: CancellationToken) -> Self {
        Self { under_way: TaskTracker::new(), cut }
    }

    /// Sees a call through, and holds `kept` until it has ended.
    pub(crate) fn see_through(
        &self,
        call: BoxFuture<'static, ()>,
        kept: Option<mpsc::Sender<Infallible>>,
    ) {
        let cut = self.cut.clone();
        self.under_way.spawn(async move {
            tokio::select! {
                () = call => {}
                () = cut.cancelled() => {}
            }
            drop(kept);
        });
    }

    /// Waits until all calls have ended. Cancel safe.
    pub(crate) async fn ended(&self) {
        self.under_way.close();
        self.under_way.wait().await;
    }
}
