//! From what comes back to handlers.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use futures::future::BoxFuture;
use oscine_codec::{Packet, PacketRef};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;
use tracing::{debug, trace, warn};

use crate::address_space::address_space::AddressSpace;
use crate::client::client::Client;
use crate::client::sender::ClientSender;
use crate::client::way::Way;
use crate::clock::clock::Clock;
use crate::dispatch::caller::Caller;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::overlap;
use crate::engine::due::DueMessage;
use crate::engine::engine::Engine;
use crate::engine::timing::Timing;
use crate::handler::job::{Context, Job, ReadAt};
use crate::handler::outlet::Outlet;
use crate::handler::send_error::SendError;
use crate::peer::Peer;
use crate::schedule::limits::ScheduleLimits;
use crate::timer::timer::Timer;

/// Calls handlers with what comes back, and sends what they return.
pub(crate) async fn serve(
    client: Client,
    space: AddressSpace,
    limits: ScheduleLimits,
) -> io::Result<()> {
    let (queue, replies) = mpsc::channel(QUEUE);
    let sender = client.sender();
    let clock = Clock::system();
    let mut serving = Serving {
        engine: Engine::new(limits),
        timer: Timer::new(clock.clone())?,
        clock,
        caller: Caller::new(space),
        outlet: Arc::new(Back { queue }),
        peer: peer_of(&client),
        client,
    };
    let over = CancellationToken::new();
    let receiving = async {
        let result = serving.run().await;
        over.cancel();
        result
    };
    // What was handed over before the end still goes out.
    let (result, ()) = tokio::join!(receiving, send_back(&sender, replies, &over));
    result
}

struct Serving {
    engine: Engine<()>,
    clock: Clock,
    timer: Timer,
    caller: Caller,
    outlet: Arc<dyn Outlet>,
    peer: Peer,
    client: Client,
}

impl Serving {
    async fn run(&mut self) -> io::Result<()> {
        loop {
            self.run_due().await;
            self.timer.set(self.engine.next_timeout())?;
            let received = tokio::select! {
                elapsed = self.timer.elapsed() => {
                    elapsed?;
                    self.timer.spin(std::time::Duration::ZERO);
                    continue;
                }
                received = self.client.recv() => received,
            };
            let Some(packet) = received else { break };
            if self.client.state().is_some() {
                // It may be somebody else since the connection was made again.
                self.peer = peer_of(&self.client);
            }
            // What is due already is earlier than what arrives now.
            self.run_due().await;
            self.packet(packet.view()).await;
        }
        let dropped = self.engine.schedule().len();
        if dropped > 0 {
            warn!(peer = %self.peer, dropped, "connection ended before bundles were due");
        }
        Ok(())
    }

    /// Runs what is due now of a packet, and puts the rest in line.
    async fn packet(&mut self, packet: PacketRef<'_>) {
        trace!(peer = %self.peer, %packet, "received");
        let (now, received_at) = (self.clock.now(), Instant::now());
        self.clock.follow(now);
        let timing = Timing::new().offset(self.clock.offset());
        let handled = self.engine.handle_packet(now, packet, &(), received_at, timing);
        if let Some((count, overflow)) = handled.refused {
            warn!(peer = %self.peer, count, %overflow, "bundles refused");
        }
        for message in handled.due_now(packet) {
            self.message(message, received_at).await;
        }
    }

    /// Runs every bundle that is due.
    async fn run_due(&mut self) {
        while self.engine.next_timeout().is_some() {
            let Some(unit) = self.engine.handle_timeout(self.clock.now()) else { return };
            for message in unit.messages() {
                self.message(message, unit.received_at).await;
            }
        }
    }

    async fn message(&mut self, due: DueMessage<'_>, received_at: Instant) {
        let (time_tag, lateness) = (due.time_tag, due.lateness(self.clock.now()));
        let received_at = ReadAt::Known(received_at);
        let context = Context { peer: &self.peer, received_at, outlet: &self.outlet, hold: None };
        let job = Job { message: &due.message, time_tag, lateness, context };
        self.caller.message(&job, &mut Dispatched::default()).await;
    }
}

/// The way back to the one peer.
#[derive(Debug)]
struct Back {
    queue: mpsc::Sender<Packet>,
}

impl Outlet for Back {
    fn run_beside(&self, _: &Peer, call: BoxFuture<'static, ()>) {
        overlap::run_beside(call);
    }

    fn send(&self, peer: &Peer, packet: Packet) -> Result<(), SendError> {
        let peer = peer.clone();
        self.queue.try_send(packet).map_err(|error| match error {
            TrySendError::Full(_) => SendError::QueueFull { peer, queued: QUEUE },
            TrySendError::Closed(_) => SendError::Gone { peer },
        })
    }
}

/// Sends what handlers return, until it is over and all is sent.
async fn send_back(
    sender: &ClientSender,
    mut replies: mpsc::Receiver<Packet>,
    over: &CancellationToken,
) {
    loop {
        let reply = tokio::select! {
            reply = replies.recv() => reply,
            () = over.cancelled(), if !replies.is_closed() => {
                replies.close();
                continue;
            }
        };
        let Some(reply) = reply else { return };
        if let Err(error) = sender.send(reply).await {
            debug!(%error, "reply not sent");
        }
    }
}

/// The peer, as far as handlers can be told.
fn peer_of(client: &Client) -> Peer {
    let over_udp = client.sender.shared.way().is_ok_and(|way| matches!(*way, Way::Udp { .. }));
    match client.peer().ip() {
        Some(addr) if over_udp => Peer::Udp { endpoint: 0, addr },
        Some(addr) => Peer::Tcp { endpoint: 0, connection: 0, addr },
        None => Peer::Local,
    }
}

/// How many packets that handlers return may wait to be sent.
pub(crate) const QUEUE: usize = 1024;
