//! Waiting after errors, inside a poll function.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use crate::backoff::Backoff;

/// Waiting after errors, inside a poll function: an error that repeats must not spin.
#[derive(Debug)]
pub(super) struct Pause {
    backoff: Backoff,
    /// `None` unless a wait is under way.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pause {
    pub(super) const fn new() -> Self {
        let backoff = Backoff::new(FREE, Duration::from_millis(1), Duration::from_secs(1));
        Self { backoff, sleep: None }
    }

    /// Counts an error, and begins a wait if there were many in a row.
    pub(super) fn fail(&mut self) {
        let wait = self.backoff.fail();
        if !wait.is_zero() {
            self.sleep = Some(Box::pin(sleep(wait)));
        }
    }

    pub(super) fn succeed(&mut self) {
        self.backoff.succeed();
    }

    /// Ready when no wait is under way.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        Poll::Ready(())
    }
}

/// How many errors in a row cost no wait; a few may well be reports about several datagrams.
const FREE: u32 = 8;

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn errors_without_end_are_slowed_down() {
        let start = Instant::now();
        let mut pause = Pause::new();
        for _ in 0..FREE {
            pause.fail();
            core::future::poll_fn(|cx| pause.poll(cx)).await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..100 {
            pause.fail();
            core::future::poll_fn(|cx| pause.poll(cx)).await;
        }
        assert!(start.elapsed() > Duration::from_secs(80), "{:?}", start.elapsed());
    }
}
