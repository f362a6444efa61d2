//! Connections that the program accepts by itself.

use core::{fmt, time::Duration};
use std::{io, sync::Arc};

use futures::{Stream, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::backoff::Backoff;
use crate::connection::accept::{Acceptor, backoff};
use crate::connection::builder::Builder;
use crate::connection::connection::Connection;
use crate::connection::options::Options;
use crate::connection::role::{Any, Listen};
use crate::peer_addr::PeerAddr;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;

/// A listener over any stream of connections: TLS handshakes, tunnels, pipes in a test.
///
/// It does for them what [`tcp::Listener`](crate::tcp::Listener) does for those of TCP: a limit,
/// hooks at the door, counters, and failures that are survived. The items are streams of bytes with
/// who is at the other end.
///
/// # Examples
///
/// ```
/// use futures::{StreamExt, stream};
/// use oscine_transport::connection::Builder;
/// use tokio::io::AsyncWriteExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (near, mut far) = tokio::io::duplex(1024);
/// let accepted = stream::iter([Ok((near, "desk".into()))]);
/// let mut incoming = Builder::incoming().max_connections(8).accept_from(accepted);
///
/// let (mut connection, peer) = incoming.accept().await.ok_or("no more connections")?;
/// assert_eq!(peer.name(), Some("desk"));
/// far.write_all(b"\xc0/go\0,\0\0\0\xc0").await?;
/// assert!(connection.next().await.ok_or("closed")??.is_ok());
/// assert!(incoming.accept().await.is_none());
/// # Ok(())
/// # }
/// ```
pub struct Incoming<L> {
    /// `None` when it has ended, as a stream must not be asked after that.
    connections: Option<L>,
    acceptor: Acceptor,
    /// After failures of one peer.
    of_peers: Backoff,
    /// After those that are likely to be the next one's, too.
    of_all: Backoff,
}

impl Builder<Any, Listen> {
    /// Begins to set options for connections that the program accepts by itself, with the defaults
    /// of a listener.
    pub fn incoming() -> Self {
        let kind = Any { peer: PeerAddr::Unnamed };
        Self { options: Options::for_listener(), kind, role: Listen::new() }
    }

    /// Accepts from a stream of connections.
    #[must_use]
    pub fn accept_from<L>(self, connections: L) -> Incoming<L> {
        let acceptor = Acceptor::new(self.options, self.role.max_connections);
        Incoming {
            connections: Some(connections),
            acceptor,
            of_peers: Backoff::new(FREE, PEER_WAIT, PEER_WAIT),
            of_all: backoff(),
        }
    }
}

impl<L, S> Incoming<L>
where
    L: Stream<Item = io::Result<(S, PeerAddr)>> + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    /// Accepts the next connection; `None` when there will be no more.
    ///
    /// While there are as many connections as are allowed, the stream is not asked. A peer that a
    /// [hook](crate::hook::Hook::connecting) turns away is dropped and counted. An error is counted,
    /// logged, and the stream is asked again: after 10 ms, and after up to 1 s if it keeps failing,
    /// where the system has failed, as when there is no file descriptor left; after 1 ms at most
    /// for any other error, which is likely to be about one peer.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no connection was accepted.
    pub async fn accept(&mut self) -> Option<(Connection<S>, PeerAddr)> {
        let place = self.acceptor.place().await;
        loop {
            let Some(next) = self.connections.as_mut()?.next().await else {
                self.connections = None;
                return None;
            };
            let error = match next {
                Ok((stream, peer)) => {
                    self.of_peers.succeed();
                    self.of_all.succeed();
                    if self.acceptor.admits(&peer) {
                        return Some((self.acceptor.connection(stream, peer.clone(), place), peer));
                    }
                    // Hooks may turn away whatever comes, and a stream may have much at hand.
                    tokio::task::yield_now().await;
                    continue;
                }
                Err(error) => error,
            };
            let failures = if of_system(&error) { &mut self.of_all } else { &mut self.of_peers };
            let wait = failures.fail();
            self.acceptor.failed(&error, wait).await;
        }
    }
}

impl<L> Incoming<L> {
    /// How many connections may still be accepted before one has to be dropped.
    #[must_use]
    pub fn places_left(&self) -> usize {
        self.acceptor.places_left()
    }

    /// What has gone through the connections so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.counters().read()
    }

    /// The counters of the connections.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        self.acceptor.counters()
    }
}

impl<L> fmt::Debug for Incoming<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("acceptor", &self.acceptor).finish_non_exhaustive()
    }
}

/// Whether an error is the system's, and not about one peer.
fn of_system(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut};
    let of_peer = [BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut]
        .contains(&error.kind());
    error.raw_os_error().is_some() && !of_peer
}

/// So many failures of peers in a row cost no wait.
const FREE: u32 = 8;

/// How long to wait after further ones: peers must not be able to hold up others, nor a stream that
/// does nothing but fail to keep us busy.
const PEER_WAIT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use futures::stream;
    use tokio::io::{DuplexStream, duplex};

    use super::*;
    use crate::hook::contract::Hook;

    struct Door;

    impl Hook for Door {
        fn connecting(&self, peer: &PeerAddr) -> bool {
            peer.name() != Some("bad")
        }
    }

    fn named(name: &str) -> io::Result<(DuplexStream, PeerAddr)> {
        Ok((duplex(64).0, name.into()))
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_counted_and_survived_with_waits() {
        let of_peer = || Err(io::Error::new(io::ErrorKind::InvalidData, "handshake"));
        let of_system = || Err(io::Error::from_raw_os_error(24));
        let mut items = vec![named("a")];
        items.extend((0..12).map(|_| of_peer()));
        items.push(named("bad"));
        items.extend((0..3).map(|_| of_system()));
        items.push(named("b"));
        let builder = Builder::incoming().hook(Door);
        let mut incoming = builder.accept_from(stream::iter(items));
        let start = tokio::time::Instant::now();
        let (_a, peer) = incoming.accept().await.unwrap();
        assert_eq!((peer, start.elapsed()), ("a".into(), Duration::ZERO));
        let (_b, peer) = incoming.accept().await.unwrap();
        assert_eq!(peer, "b".into());
        // Four of peers beyond those that are free, and 10, 20 and 40 ms.
        assert!(start.elapsed() >= Duration::from_millis(4 + 70), "{:?}", start.elapsed());
        assert!(incoming.accept().await.is_none() && incoming.accept().await.is_none());
        let stats = incoming.stats().connections;
        assert_eq!((stats.failed, stats.refused, stats.open), (15, 1, 2));
    }

    #[tokio::test]
    async fn the_stream_is_not_asked_while_there_is_no_place() {
        let stream = stream::iter([named("a"), named("b")]);
        let mut incoming = Builder::incoming().max_connections(1).accept_from(stream);
        let (first, _) = incoming.accept().await.unwrap();
        assert_eq!(incoming.places_left(), 0);
        {
            let mut second = tokio_test::task::spawn(incoming.accept());
            assert!(second.poll().is_pending());
        }
        drop(first);
        assert_eq!(incoming.accept().await.unwrap().1, "b".into());
    }
}
