//! Serving step by step.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::unconstrained;

use crate::server::main_loop::MainLoop;
use crate::server::serve_error::ServeError;

/// A server that is served step by step. Dropping it stops the server.
pub(crate) struct Steps(Option<MainLoop>);

impl Steps {
    pub(crate) const fn new(main_loop: MainLoop) -> Self {
        Self(Some(main_loop))
    }

    /// The server, to be served in one go.
    #[expect(clippy::expect_used, reason = "it is taken out by what consumes this")]
    pub(crate) fn into_main_loop(mut self) -> MainLoop {
        self.0.take().expect("taken out only here, and when dropped")
    }

    /// How long until there is something to run if nothing arrives; `None` if nothing waits.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        let MainLoop { runner, shared, rest, .. } = self.0.as_ref()?;
        if rest.is_some() {
            return Some(Duration::ZERO);
        }
        let now = shared.clock.now();
        let times = [runner.next_deadline(), runner.next_question()];
        times.into_iter().flatten().map(|due| due.since(now)).min()
    }

    /// Runs all that is ready; says how many deliveries there were.
    pub(crate) async fn ready(&mut self) -> Result<usize, ServeError> {
        let Some(main_loop) = &mut self.0 else { return Ok(0) };
        #[cfg(feature = "metrics")]
        main_loop.tasks.spawn_publisher();
        let mut deliveries = 0;
        // Whoever sends faster than we run must not keep us in here.
        while deliveries < MOST && !main_loop.shared.stop.is_asked() {
            main_loop.prepare().await?;
            let event = {
                // Else a source that has had its share of this turn would look as if it had nothing.
                let mut event = pin!(unconstrained(main_loop.next_event()));
                poll_fn(|cx| Poll::Ready(event.as_mut().poll(cx))).await
            };
            let Poll::Ready(event) = event else { break };
            main_loop.run_event(event?).await;
            deliveries += 1;
        }
        main_loop.prepare().await?;
        main_loop.shared.failed()?;
        Ok(deliveries)
    }

    /// Waits for something to run; says whether there was something.
    pub(crate) async fn next(&mut self, timeout: Duration) -> Result<bool, ServeError> {
        let Some(main_loop) = &mut self.0 else { return Ok(false) };
        #[cfg(feature = "metrics")]
        main_loop.tasks.spawn_publisher();
        let end = tokio::time::Instant::now().checked_add(timeout);
        let before = main_loop.shared.counters.progress();
        while main_loop.shared.counters.progress() == before && !main_loop.shared.stop.is_asked() {
            main_loop.prepare().await?;
            let event = match end {
                None => main_loop.next_event().await,
                Some(end) => match tokio::time::timeout_at(end, main_loop.next_event()).await {
                    Ok(event) => event,
                    Err(_) => return Ok(false),
                },
            };
            main_loop.run_event(event?).await;
            main_loop.prepare().await?;
        }
        main_loop.shared.failed()?;
        Ok(main_loop.shared.counters.progress() != before)
    }
}

/// How many deliveries are run in one go.
const MOST: usize = 1024;

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(main_loop) = self.0.take() {
            main_loop.shared.stop.ask();
            main_loop.shared.over.cancel();
            main_loop.shared.cut.cancel();
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").finish_non_exhaustive()
    }
}
