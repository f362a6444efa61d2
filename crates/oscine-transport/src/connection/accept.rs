//! Accepting connections, whatever the socket.

use core::{future::Future, time::Duration};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep},
};
use tracing::{debug, warn};

use crate::backoff::Backoff;
use crate::connection::connection::Connection;
use crate::connection::options::Options;
use crate::hook::contract::Hook;
use crate::peer_addr::PeerAddr;
use crate::quiet::Quiet;
use crate::stats::counters::{ConnectionEvent, Counters};

/// A socket from which connections can be accepted.
pub(crate) trait Source {
    type Stream: AsyncRead + AsyncWrite + Unpin;
    type Addr;

    /// Waits for the next connection; cancel safe.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Addr)>> + Send;

    fn peer(addr: &Self::Addr) -> PeerAddr;

    /// Sets the options of a stream that has been accepted.
    fn prepare(&self, stream: &Self::Stream) {
        let _ = stream;
    }
}

/// Accepts connections up to a limit, and never fails.
#[derive(Debug)]
pub(crate) struct Acceptor {
    options: Options,
    counters: Arc<Counters>,
    /// A permit for each connection that may still be accepted. A connection holds its permit.
    places: Arc<Semaphore>,
    /// Keeps the log quiet about failures, also those between which a connection was accepted: it is
    /// peers who say how often that is.
    quiet: Mutex<Quiet>,
}

impl Acceptor {
    pub(crate) fn new(mut options: Options, max_connections: usize) -> Self {
        let counters = Arc::clone(options.counters.get_or_insert_default());
        let places = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
        Self { options, counters, places, quiet: Mutex::default() }
    }

    /// Accepts the next connection that no hook turns away; cancel safe.
    pub(crate) async fn accept<L: Source>(&self, source: &L) -> (Connection<L::Stream>, L::Addr) {
        let place = self.place().await;
        loop {
            let (stream, addr) = self.accept_stream(source).await;
            let peer = L::peer(&addr);
            if self.admits(&peer) {
                source.prepare(&stream);
                return (self.connection(stream, peer, place), addr);
            }
        }
    }

    /// Waits until there may be one more connection; cancel safe.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Asks the hooks whether a peer may connect, and counts it if not.
    pub(crate) fn admits(&self, peer: &PeerAddr) -> bool {
        let admits = self.options.hooks.connecting(peer);
        if !admits {
            debug!(%peer, "connection refused by a hook");
            self.counters.connection(ConnectionEvent::Refused);
        }
        admits
    }

    /// Makes a connection of what was accepted and admitted, at a place.
    pub(crate) fn connection<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        peer: PeerAddr,
        place: Option<OwnedSemaphorePermit>,
    ) -> Connection<S> {
        Connection::new(stream, peer, &self.options, place)
    }

    async fn accept_stream<L: Source>(&self, source: &L) -> (L::Stream, L::Addr) {
        let mut backoff = backoff();
        loop {
            let error = match source.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => error,
            };
            // A peer that has gone already says nothing about the next one.
            if matches!(
                error.kind(),
                io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
            ) {
                tokio::task::yield_now().await;
                continue;
            }
            self.failed(&error, backoff.fail()).await;
        }
    }

    /// Counts and tells a failure, and waits.
    pub(crate) async fn failed(&self, error: &io::Error, wait: Duration) {
        self.counters.connection(ConnectionEvent::Failed);
        self.tell(error, wait);
        sleep(wait).await;
    }

    fn tell(&self, error: &io::Error, wait: Duration) {
        let mut quiet = self.quiet.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held_back) = quiet.admit(Instant::now()) {
            warn!(%error, ?wait, held_back, "accepting failed, trying again");
        }
    }

    pub(crate) fn places_left(&self) -> usize {
        self.places.available_permits()
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}

/// How long to wait after failures in a row that say something about the next attempt, too.
pub(crate) const fn backoff() -> Backoff {
    Backoff::new(0, FIRST_WAIT, LONGEST_WAIT)
}

/// How long to wait after the first failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// How long to wait at most. File descriptors come back when connections are dropped, which the
/// listener cannot see.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;
    use tracing::{
        Event, Metadata, Subscriber,
        span::{Attributes, Id, Record},
        subscriber::set_default,
    };

    use super::*;

    /// Fails, and accepts, by turns.
    #[derive(Default)]
    struct Flapping(Mutex<bool>);

    impl Source for Flapping {
        type Stream = DuplexStream;
        type Addr = ();

        async fn accept(&self) -> io::Result<(DuplexStream, ())> {
            let mut fails = self.0.lock().unwrap();
            *fails = !*fails;
            if *fails {
                return Err(io::Error::other("no file descriptor left"));
            }
            Ok((tokio::io::duplex(1).0, ()))
        }

        fn peer((): &()) -> PeerAddr {
            PeerAddr::Unnamed
        }
    }

    /// Counts warnings.
    struct Warnings(Arc<Mutex<usize>>);

    impl Subscriber for Warnings {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, _: &Event<'_>) {
            *self.0.lock().unwrap() += 1;
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[tokio::test(start_paused = true)]
    async fn failures_between_connections_are_told_once_a_minute() {
        let warnings = Arc::default();
        let _guard = set_default(Warnings(Arc::clone(&warnings)));
        let acceptor = Acceptor::new(Options::for_listener(), 1);
        let source = Flapping::default();
        for _ in 0..100 {
            drop(acceptor.accept(&source).await);
        }
        assert_eq!(acceptor.counters().read().connections.failed, 100);
        assert_eq!(*warnings.lock().unwrap(), 1);
        tokio::time::advance(Duration::from_secs(60)).await;
        drop(acceptor.accept(&source).await);
        assert_eq!(*warnings.lock().unwrap(), 2);
    }
}
