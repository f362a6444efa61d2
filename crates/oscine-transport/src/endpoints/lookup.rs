//! The address of a host that has a name.

use core::{fmt, future::Future, pin::Pin, time::Duration};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};
use tracing::warn;

use crate::endpoint::uri::Endpoint;
use crate::quiet::Quiet;
use crate::stats::counters::Counters;

type Found = Pin<Box<dyn Future<Output = io::Result<SocketAddr>> + Send>>;

/// How addresses are found.
pub(super) struct Find(Box<dyn Fn(Arc<Endpoint>) -> Found + Send + Sync>);

/// How addresses are found, and for how long they hold.
#[derive(Debug)]
pub(super) struct Resolver {
    pub(super) find: Find,
    pub(super) expiry: Duration,
    pub(super) counters: Arc<Counters>,
}

/// The address of an endpoint whose host has a name.
///
/// It is looked up in a task of its own when it is first asked for, and again when it has expired;
/// the old one holds meanwhile, and for as long as no new one can be found.
#[derive(Debug)]
pub(super) struct Lookup {
    endpoint: Arc<Endpoint>,
    known: Mutex<Known>,
    /// Wakes those who wait for the end of a look-up.
    ended: Notify,
}

#[derive(Debug, Default)]
struct Known {
    /// What was found last; the error only if nothing was ever found.
    found: Option<Result<SocketAddr, Arc<io::Error>>>,
    /// When that is to be looked up again.
    next: Next,
    quiet: Quiet,
}

/// What is to be done next.
#[derive(Debug, Default)]
enum Next {
    #[default]
    Now,
    /// A look-up is going on.
    Wait,
    At(Instant),
}

impl Find {
    pub(super) fn new<F>(find: impl Fn(Arc<Endpoint>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<SocketAddr>> + Send + 'static,
    {
        Self(Box::new(move |endpoint| Box::pin(find(endpoint))))
    }

    /// Finds addresses as the system does.
    pub(super) fn system() -> Self {
        Self::new(|endpoint| async move { endpoint.resolve().await })
    }
}

impl Lookup {
    pub(super) fn new(endpoint: Arc<Endpoint>) -> Arc<Self> {
        Arc::new(Self { endpoint, known: Mutex::default(), ended: Notify::new() })
    }

    pub(super) fn endpoint(&self) -> &Arc<Endpoint> {
        &self.endpoint
    }

    /// What is known now; has it looked up again if it is time.
    pub(super) fn known(
        self: &Arc<Self>,
        resolver: &Arc<Resolver>,
    ) -> Option<Result<SocketAddr, Arc<io::Error>>> {
        let mut known = self.lock();
        let due = match known.next {
            Next::Now => true,
            Next::Wait => false,
            Next::At(then) => Instant::now() >= then,
        };
        if due {
            known.next = Next::Wait;
            if let Some(Err(_)) = known.found {
                known.found = None;
            }
            tokio::spawn(Arc::clone(self).look_up(Arc::clone(resolver)));
        }
        known.found.clone()
    }

    /// What is known, after the look-up that is going on if there is nothing yet.
    pub(super) async fn found(
        self: &Arc<Self>,
        resolver: &Arc<Resolver>,
    ) -> Result<SocketAddr, Arc<io::Error>> {
        loop {
            // Made before it is asked what is known, so that no end is missed in between.
            let ended = self.ended.notified();
            if let Some(found) = self.known(resolver) {
                return found;
            }
            ended.await;
        }
    }

    async fn look_up(self: Arc<Self>, resolver: Arc<Resolver>) {
        // However this ends, nobody may wait for it any more.
        let end = End(&self);
        let found = timeout(LONGEST, (resolver.find.0)(Arc::clone(&self.endpoint))).await;
        let found = found.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let now = Instant::now();
        let mut known = self.lock();
        let holds = match found {
            Ok(addr) => {
                known.found = Some(Ok(addr));
                resolver.expiry
            }
            Err(error) => {
                resolver.counters.transient_error();
                if let Some(held_back) = known.quiet.admit(now) {
                    let endpoint = &self.endpoint;
                    let kept = matches!(known.found, Some(Ok(_)));
                    warn!(%endpoint, %error, kept, held_back, "look-up failed");
                }
                if known.found.is_none() {
                    known.found = Some(Err(Arc::new(error)));
                }
                resolver.expiry.min(AFTER_FAILURE)
            }
        };
        known.next = now.checked_add(holds).map_or(Next::Wait, Next::At);
        drop(known);
        drop(end);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing under the lock panics half way through.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes those who wait. If the resolver panicked, that is an outcome too.
struct End<'a>(&'a Lookup);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut known = self.0.lock();
        if known.found.is_none() {
            known.found = Some(Err(Arc::new(io::Error::other("the look-up did not end"))));
        }
        if std::thread::panicking() {
            known.next = Next::At(Instant::now() + AFTER_FAILURE);
        }
        drop(known);
        self.0.ended.notify_waiters();
    }
}

impl fmt::Debug for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find").finish_non_exhaustive()
    }
}

/// How long a look-up may take.
const LONGEST: Duration = Duration::from_secs(10);

/// How long nothing is looked up after a failure: packets come faster than name servers like.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
