//! The one task of a client.

use core::time::Duration;
use std::sync::Arc;

use oscine_codec::Packet;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::PollSender;
use tracing::{debug, warn};

use crate::backoff::Backoff;
use crate::codec::bad_packet::BadPacket;
use crate::peer_addr::PeerAddr;
use crate::quiet::Quiet;
use crate::reconnect::connector::{BoxLink, Connector};
use crate::reconnect::queue::Mode;
use crate::reconnect::role::Pace;
use crate::reconnect::session::{End, Inbox, Session};
use crate::reconnect::shared::Shared;
use crate::reconnect::state::{LostReason, State};
use crate::stats::counters::ConnectionEvent;

/// The one task of a client: connects, runs the connection, waits, and connects again.
#[derive(Debug)]
pub(super) struct Task {
    shared: Arc<Shared>,
    connector: Connector,
    pace: Pace,
    inbox: Inbox,
    backoff: Backoff,
    /// How many attempts there were since there was a connection.
    attempts: u32,
    rng: fastrand::Rng,
    quiet: Quiet,
}

impl Task {
    pub(super) fn new(
        shared: Arc<Shared>,
        connector: Connector,
        pace: Pace,
        inbox: Option<mpsc::Sender<Result<Packet, BadPacket>>>,
    ) -> Self {
        let backoff = Backoff::new(0, pace.first_wait, pace.longest_wait);
        Self {
            shared,
            connector,
            pace,
            inbox: inbox.map(PollSender::new),
            backoff,
            attempts: 0,
            rng: fastrand::Rng::new(),
            quiet: Quiet::default(),
        }
    }

    /// Runs until the client is closed.
    pub(super) async fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let grace = self.pace.grace;
        tokio::select! {
            biased;
            () = self.reconnect() => {}
            () = shared.out_of_time(grace) => debug!("closing took too long"),
        }
    }

    async fn reconnect(&mut self) {
        loop {
            let shared = Arc::clone(&self.shared);
            let connected = tokio::select! {
                biased;
                connected = self.attempt() => connected,
                () = shared.tend() => return,
            };
            let reason = match connected {
                Ok((link, peer)) => match self.hold(link, peer).await {
                    End::Closed => return,
                    End::Lost(reason) => {
                        self.attempts = 0;
                        reason
                    }
                },
                Err(reason) => {
                    shared.counters.connection(ConnectionEvent::Failed);
                    reason
                }
            };
            let retry_in = self.pause();
            if let Some(held_back) = self.quiet.admit(Instant::now()) {
                let error = core::error::Error::source(&reason).map(ToString::to_string);
                warn!(%reason, error, ?retry_in, held_back, "no connection, trying again");
            }
            shared.set_state(State::Lost { dropped: shared.dropped(), reason, retry_in });
            tokio::select! {
                biased;
                () = sleep(retry_in) => {}
                () = shared.tend() => return,
            }
        }
    }

    async fn attempt(&mut self) -> Result<(BoxLink, PeerAddr), LostReason> {
        self.attempts = self.attempts.saturating_add(1);
        self.shared.set_state(State::Connecting { attempt: self.attempts });
        let limit = self.pace.connect_timeout;
        match timeout(limit, self.connector.connect()).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(LostReason::Connect(Arc::new(error))),
            Err(_) => Err(LostReason::NoAnswer(limit)),
        }
    }

    /// Runs a connection until it ends.
    async fn hold(&mut self, link: BoxLink, peer: PeerAddr) -> End {
        let since = Instant::now();
        let up = Up::new(&self.shared, peer);
        let mut session = Session::new(link, &self.shared, &mut self.inbox);
        let end = session.run().await;
        // A peer that accepts and hangs up at once must not be called every tenth of a second.
        if session.heard() || since.elapsed() >= self.pace.longest_wait {
            self.backoff.succeed();
        }
        // In this order: what is lost with the connection is counted before it is told.
        drop(session);
        drop(up);
        end
    }

    /// How long to wait: half of the back-off for certain, the other half by chance, so that
    /// clients that were thrown out together do not come back together.
    fn pause(&mut self) -> Duration {
        let half = self.backoff.fail() / 2;
        // Below one, so it never overflows, however long a wait was asked for.
        half.saturating_add(half.mul_f64(self.rng.f64()))
    }
}

/// However the task ends, nobody may wait for it any more.
impl Drop for Task {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// Lets senders know that there is a connection, for as long as there is.
struct Up<'a>(&'a Shared);

impl<'a> Up<'a> {
    fn new(shared: &'a Shared, peer: PeerAddr) -> Self {
        shared.set_mode(Mode::Up);
        let dropped = shared.take_dropped();
        debug!(%peer, dropped, "connected");
        shared.set_state(State::Connected { peer, dropped });
        Self(shared)
    }
}

impl Drop for Up<'_> {
    fn drop(&mut self) {
        self.0.set_mode(Mode::Down);
    }
}
