//! From packets to handlers.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use oscine_codec::{DecodeOptions, MessageRef, PacketRef, TimeTag};
use tracing::{debug, trace, warn};

use crate::clock::clock::Clock;
use crate::dispatch::caller::Caller;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::job::Job;
use crate::engine::due::DueMessage;
use crate::engine::engine::Engine;
use crate::engine::timing::Timing;
use crate::handler::call::Context;
use crate::peer::Peer;
use crate::server::counters::Counters;

/// Runs messages: at once, or when they are due.
pub(crate) struct Dispatcher {
    pub(crate) engine: Engine<Peer>,
    pub(crate) clock: Clock,
    pub(crate) caller: Caller,
    pub(crate) counters: Arc<Counters>,
    pub(crate) decode: DecodeOptions,
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.counters.dropped_at_stop.add(self.engine.schedule().len());
    }
}

impl Dispatcher {
    /// Decodes and runs a datagram, in place.
    pub(crate) async fn datagram(&mut self, bytes: &[u8], peer: Peer, received_at: Instant) {
        match PacketRef::decode_with(bytes, &self.decode) {
            Ok(packet) => self.packet(packet, peer, received_at).await,
            Err(error) => {
                self.counters.received.add(1);
                self.counters.received_bytes.add(bytes.len());
                self.counters.bad.add(1);
                debug!(%peer, %error, "malformed packet");
            }
        }
    }

    /// Runs what is due now of a packet, and puts the rest in line.
    pub(crate) async fn packet(&mut self, packet: PacketRef<'_>, peer: Peer, received_at: Instant) {
        self.counters.received.add(1);
        self.counters.received_bytes.add(packet.as_bytes().len());
        trace!(%peer, %packet, "received");
        // What is due already is earlier than what arrives now.
        self.run_due().await;
        let outlet = Arc::clone(&self.caller.outlet);
        let read = OnceLock::from(received_at);
        let context = Context { peer, received_at: &read, outlet: &outlet };
        if let PacketRef::Message(message) = packet {
            self.message(message, TimeTag::IMMEDIATE, Duration::ZERO, context).await;
            return;
        }
        let now = self.clock.now();
        self.clock.follow(now);
        let timing = Timing::new().offset(self.clock.offset());
        let handled = self.engine.handle_packet(now, packet, &peer, received_at, timing);
        self.counters.scheduled.add(handled.scheduled);
        if let Some((count, overflow)) = handled.refused {
            self.counters.schedule_refused.add(count);
            warn!(%peer, count, %overflow, "bundles refused");
        }
        for message in handled.due_now(packet) {
            self.timed(message, context).await;
        }
    }

    /// Runs every bundle that is due.
    pub(crate) async fn run_due(&mut self) {
        while self.engine.next_timeout().is_some() {
            let Some(unit) = self.engine.handle_timeout(self.clock.now()) else { return };
            self.counters.released.add(1);
            let outlet = Arc::clone(&self.caller.outlet);
            let read = OnceLock::from(unit.received_at);
            let context = Context { peer: unit.peer, received_at: &read, outlet: &outlet };
            for message in unit.messages() {
                self.timed(message, context).await;
            }
        }
    }

    /// Finds the handlers of the first bundle that waits and calls none, so that less has to be fetched from memory when
    /// it is due.
    pub(crate) fn rehearse(&mut self) {
        let Self { engine, caller, .. } = self;
        let Some(first) = engine.schedule().first() else { return };
        first.value.messages().for_each(|due| caller.rehearse(due.message));
    }

    /// When the next bundle is due.
    pub(crate) fn next_deadline(&self) -> Option<TimeTag> {
        self.engine.next_timeout()
    }

    async fn timed(&mut self, due: DueMessage<'_>, context: Context<'_>) {
        let lateness = due.lateness(self.clock.now());
        self.message(due.message, due.time_tag, lateness, context).await;
    }

    async fn message(
        &mut self,
        message: MessageRef<'_>,
        time_tag: TimeTag,
        lateness: Duration,
        context: Context<'_>,
    ) {
        // Counted at once: a handler that hangs may be cut short.
        self.counters.messages.add(1);
        let mut dispatched = Dispatched::default();
        let job = Job { message, time_tag, lateness, context };
        self.caller.message(&job, &mut dispatched).await;
        self.counters.dispatched(&dispatched);
    }
}
