//! The one task of a client.

use core::time::Duration;
use std::sync::Arc;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::PollSender;
use tracing::{debug, warn};

use crate::backoff::Backoff;
use crate::codec::bad_packet::BadPacket;
use crate::codec::packet_codec::PacketCodec;
use crate::framing::detect::Detect;
use crate::framing::kind::FramingKind;
use crate::hook::chain::Hooks;
use crate::peer_addr::PeerAddr;
use crate::quiet::Quiet;
use crate::reconnect::connector::{Connector, Stream};
use crate::reconnect::queue::Mode;
use crate::reconnect::session::{End, Inbox, Session};
use crate::reconnect::shared::Shared;
use crate::reconnect::state::{LostReason, State};
use crate::stats::counters::ConnectionEvent;

use oscine_codec::{DecodeOptions, Packet};

/// What is set for each connection and for the time between; the builder documents each.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) framing: FramingKind,
    pub(super) max_frame: usize,
    pub(super) decode: DecodeOptions,
    pub(super) hooks: Hooks,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    pub(super) connect_timeout: Duration,
    pub(super) grace: Duration,
}

/// The one task of a client: connects, runs the connection, waits, and connects again.
#[derive(Debug)]
pub(super) struct Task {
    shared: Arc<Shared>,
    connector: Connector,
    config: Config,
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
        config: Config,
        inbox: Option<mpsc::Sender<Result<Packet, BadPacket>>>,
    ) -> Self {
        let backoff = Backoff::new(0, config.first_wait, config.longest_wait);
        Self {
            shared,
            connector,
            config,
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
        let grace = self.config.grace;
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
                connected = self.connect() => connected,
                () = shared.tend() => return,
            };
            let reason = match connected {
                Ok((stream, peer)) => match self.hold(stream, &peer).await {
                    End::Closed => return,
                    End::Lost(reason) => {
                        self.attempts = 0;
                        shared.counters.connection(ConnectionEvent::Broken);
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

    async fn connect(&mut self) -> Result<(Stream, PeerAddr), LostReason> {
        self.attempts = self.attempts.saturating_add(1);
        self.shared.set_state(State::Connecting { attempt: self.attempts });
        let limit = self.config.connect_timeout;
        match timeout(limit, self.connector.connect()).await {
            Ok(Ok((_, peer))) if !self.config.hooks.connecting(&peer) => Err(LostReason::Refused),
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(LostReason::Connect(Arc::new(error))),
            Err(_) => Err(LostReason::NoAnswer(limit)),
        }
    }

    /// Runs a connection until it ends.
    async fn hold(&mut self, stream: Stream, peer: &PeerAddr) -> End {
        let shared = &*self.shared;
        let hooks = &self.config.hooks;
        let framing = Detect::with_max_frame(self.config.framing, self.config.max_frame);
        let codec = PacketCodec::with_options(framing, self.config.decode)
            .with_counters(Arc::clone(&shared.counters))
            .with_hooks(hooks.clone())
            .peer(peer.clone());
        let open = Open::new(shared, hooks, peer);
        let since = Instant::now();
        let mut session = Session::new(stream, codec, shared, &mut self.inbox);
        let end = session.run().await;
        // A peer that accepts and hangs up at once must not be called every tenth of a second.
        if session.heard() || since.elapsed() >= self.config.longest_wait {
            self.backoff.succeed();
        }
        drop(session);
        drop(open);
        end
    }

    /// How long to wait: half of the back-off for certain, the other half by chance, so that
    /// clients that were thrown out together do not come back together.
    fn pause(&mut self) -> Duration {
        let longest = self.backoff.fail();
        longest.mul_f64(0.5 + self.rng.f64() / 2.0)
    }
}

/// However the task ends, nobody may wait for it any more.
impl Drop for Task {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// A connection that is open, as it is told to all who want to know.
struct Open<'a> {
    shared: &'a Shared,
    hooks: &'a Hooks,
    peer: &'a PeerAddr,
}

impl<'a> Open<'a> {
    fn new(shared: &'a Shared, hooks: &'a Hooks, peer: &'a PeerAddr) -> Self {
        shared.counters.connection(ConnectionEvent::Opened);
        hooks.connected(peer);
        shared.set_mode(Mode::Up);
        let dropped = shared.take_dropped();
        debug!(%peer, dropped, "connected");
        shared.set_state(State::Connected { peer: peer.clone(), dropped });
        Self { shared, hooks, peer }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.shared.set_mode(Mode::Down);
        self.shared.counters.connection(ConnectionEvent::Closed);
        self.hooks.closed(self.peer);
    }
}
