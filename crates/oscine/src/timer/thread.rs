//! Waking up by a thread that waits.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

/// What goes off at one deadline.
#[derive(Debug)]
pub(crate) struct Alarm {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    elapsed: Notify,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Waiting(Instant),
    Elapsed,
    Closed,
}

impl Alarm {
    /// An alarm without a deadline.
    pub(crate) fn new() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Idle),
            changed: Condvar::new(),
            elapsed: Notify::new(),
        });
        let waiting = Arc::clone(&shared);
        // Ends when the alarm is dropped.
        std::thread::Builder::new().name("oscine-timer".into()).spawn(move || waiting.wait())?;
        Ok(Self { shared })
    }

    /// Sets the deadline. Costs nothing when it is the same as before.
    pub(crate) fn set(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let state = deadline.map_or(State::Idle, State::Waiting);
        let mut current = self.shared.state();
        if *current != state {
            *current = state;
            self.shared.changed.notify_one();
        }
        Ok(())
    }

    /// Waits for the deadline; without one, for ever.
    ///
    /// Cancel safe. If it does not complete, the deadline stands.
    pub(crate) async fn elapsed(&mut self) -> io::Result<()> {
        loop {
            {
                let mut state = self.shared.state();
                if *state == State::Elapsed {
                    *state = State::Idle;
                    return Ok(());
                }
            }
            self.shared.elapsed.notified().await;
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        *self.shared.state() = State::Closed;
        self.shared.changed.notify_one();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self) {
        let mut state = self.state();
        loop {
            state = match *state {
                State::Closed => return,
                State::Idle | State::Elapsed => {
                    self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
                }
                State::Waiting(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        *state = State::Elapsed;
                        self.elapsed.notify_one();
                        state
                    } else {
                        let waited = self.changed.wait_timeout(state, left);
                        waited.unwrap_or_else(PoisonError::into_inner).0
                    }
                }
            }
        }
    }
}
