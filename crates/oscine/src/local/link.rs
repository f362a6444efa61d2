//! What the owner of local handlers shares with those who call them.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures::future::LocalBoxFuture;
use tokio::sync::oneshot;

use crate::dispatch::let_go::let_go;
use crate::handler::into_reply::Replies;
use crate::local::error::LocalError;
use crate::wakers::Wakers;

/// The way from those who call local handlers, on any thread, to their owner.
#[derive(Debug)]
pub(crate) struct Link {
    state: Mutex<State>,
    /// All who see to it that the owner takes its turns.
    pub(crate) wakers: Arc<Wakers>,
    /// How long the owner may give no sign of life while calls wait.
    pub(crate) patience: Duration,
    /// What calls and those who drive the owner are known by.
    next: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    /// By number, and so in the order in which they came.
    waiting: BTreeMap<u64, Job>,
    /// Handlers that nobody can call any more, to be dropped by the owner. Never more than there are handlers.
    taken_back: Vec<u64>,
    /// How often the owner has given a sign of life.
    signs: u64,
    presence: Presence,
}

/// What is known of the owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Presence {
    #[default]
    Here,
    /// It left a call waiting for too long, and has not come back since.
    Away,
    Gone,
}

/// A call that waits for the owner. Dropped, its end tells that the owner has gone.
pub(crate) struct Job {
    pub(crate) handler: u64,
    pub(crate) begin: Begin,
    pub(crate) end: End,
}

/// Where the end of a call is told: what it replies, or with what it panicked.
pub(crate) type End = oneshot::Sender<thread::Result<Replies>>;

/// Calls the handler that it is given, whose type it knows.
pub(crate) type Begin = Box<dyn FnOnce(&dyn Any) -> Begun + Send>;

/// What a call has come to when the handler returns.
pub(crate) enum Begun {
    Through(Replies),
    UnderWay(LocalBoxFuture<'static, Replies>),
}

/// How many calls may wait for one owner.
pub(crate) const MOST_WAITING: usize = 4096;

impl Link {
    pub(crate) fn new(patience: Duration) -> Self {
        let (state, wakers) = (Mutex::default(), Arc::default());
        Self { state, wakers, patience, next: AtomicU64::new(0) }
    }

    /// A number that nobody has had.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Puts a call in line, behind those that came before; says its number.
    pub(crate) fn push(&self, job: Job) -> Result<u64, LocalError> {
        let number = {
            let mut state = self.state();
            match state.presence {
                Presence::Here => {}
                Presence::Away => return Err(LocalError::Away { patience: self.patience }),
                Presence::Gone => return Err(LocalError::Gone),
            }
            if state.waiting.len() >= MOST_WAITING {
                return Err(LocalError::Full { waiting: MOST_WAITING });
            }
            // Under the lock, so that the numbers are in the order of the line.
            let number = self.number();
            state.waiting.insert(number, job);
            number
        };
        self.wakers.wake_all();
        Ok(number)
    }

    /// The call that has waited longest. Taking it is a sign of life.
    pub(crate) fn pop(&self) -> Option<Job> {
        let mut state = self.state();
        state.signs = state.signs.wrapping_add(1);
        state.waiting.pop_first().map(|(_, job)| job)
    }

    /// The owner is here and takes its turn: what it has to drop.
    pub(crate) fn come(&self) -> Vec<u64> {
        let mut state = self.state();
        state.signs = state.signs.wrapping_add(1);
        if state.presence == Presence::Away {
            state.presence = Presence::Here;
        }
        mem::take(&mut state.taken_back)
    }

    /// How often the owner has given a sign of life.
    pub(crate) fn signs(&self) -> u64 {
        self.state().signs
    }

    /// Whether a call has not begun yet.
    pub(crate) fn is_waiting(&self, number: u64) -> bool {
        self.state().waiting.contains_key(&number)
    }

    /// How many calls have not begun yet.
    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    /// Notes that the owner has left a call waiting for too long.
    pub(crate) fn miss(&self) -> LocalError {
        let mut state = self.state();
        if state.presence == Presence::Here {
            state.presence = Presence::Away;
        }
        LocalError::Away { patience: self.patience }
    }

    /// Gives up a call that nobody waits for any more: if it has not begun, it will not.
    pub(crate) fn give_up(&self, number: u64) {
        let job = { self.state().waiting.remove(&number) };
        self.wakers.forget(number);
        let_go(job);
    }

    /// Notes that nobody can call a handler any more.
    pub(crate) fn take_back(&self, handler: u64) {
        {
            let mut state = self.state();
            if state.presence == Presence::Gone {
                return;
            }
            state.taken_back.push(handler);
        }
        self.wakers.wake_all();
    }

    /// The owner goes: calls that wait fail, and so do all that come.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut state = self.state();
            state.presence = Presence::Gone;
            mem::take(&mut state.waiting)
        };
        let_go(waiting);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock panics half way through.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("handler", &self.handler).finish_non_exhaustive()
    }
}
