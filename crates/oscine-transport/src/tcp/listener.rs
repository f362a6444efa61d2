//! A TCP socket that accepts connections.

use core::time::Duration;
use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{Instant, sleep},
};
use tracing::warn;

use crate::backoff::Backoff;
use crate::quiet::Quiet;
use crate::tcp::config::Config;
use crate::tcp::connection::Connection;

/// A TCP socket that accepts connections, up to a limit.
///
/// Dropping it closes the port; the connections that it has accepted live on.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    config: Config,
    /// A permit for each connection that may still be accepted. A connection holds its permit.
    places: Arc<Semaphore>,
}

impl Listener {
    pub(super) fn new(socket: TcpListener, config: Config, max_connections: usize) -> Self {
        let places = Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS)));
        Self { socket, config, places }
    }

    /// Accepts the next connection.
    ///
    /// It never fails. While there are as many connections as are allowed, it waits until one is
    /// dropped; the system keeps those who connect in the meantime waiting, up to the backlog. When
    /// accepting fails, as it does when the process has no file descriptor left, it is logged and
    /// tried again, at most once a second if it keeps failing.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no connection was accepted.
    pub async fn accept(&self) -> (Connection, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, peer) = self.accept_stream().await;
        (Connection::new(stream, &self.config, place), peer)
    }

    async fn accept_stream(&self) -> (TcpStream, SocketAddr) {
        let mut backoff = Backoff::new(0, FIRST_WAIT, LONGEST_WAIT);
        let mut quiet = Quiet::default();
        loop {
            let error = match self.socket.accept().await {
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
            let wait = backoff.fail();
            if let Some(held_back) = quiet.admit(Instant::now()) {
                warn!(%error, ?wait, held_back, "accepting failed, trying again");
            }
            sleep(wait).await;
        }
    }

    /// How many connections may still be accepted before one has to be dropped.
    #[must_use]
    pub fn places_left(&self) -> usize {
        self.places.available_permits()
    }

    /// The address to which the listener is bound.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// How long to wait after the first failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// How long to wait at most. File descriptors come back when connections are dropped, which the
/// listener cannot see.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
