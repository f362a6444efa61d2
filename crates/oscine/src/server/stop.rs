//! Being asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_util::sync::CancellationToken;

/// Whether a server is asked to stop. Looking costs nothing, as it is looked at between any two packets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    token: CancellationToken,
}

impl Stop {
    /// Asks to stop.
    pub(crate) fn ask(&self) {
        // First, so that whoever is woken sees it.
        self.0.asked.store(true, Ordering::Release);
        self.0.token.cancel();
    }

    #[inline]
    pub(crate) fn is_asked(&self) -> bool {
        self.0.asked.load(Ordering::Acquire)
    }

    /// Waits until it is asked. Cancel safe.
    pub(crate) async fn asked(&self) {
        self.0.token.cancelled().await;
    }

    /// Asks when dropped.
    pub(crate) fn guard(&self) -> impl Drop + use<> {
        Guard(self.clone())
    }
}

struct Guard(Stop);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.ask();
    }
}
