//! From packets to handlers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_codec::{MessageRef, Packet, PacketRef, TimeTag};
use oscine_transport::BadPacket;
use oscine_transport::stats::DropCause;
use tracing::{trace, warn};

use crate::clock::clock::Clock;
use crate::dispatch::caller::Caller;
use crate::dispatch::dispatched::Dispatched;
use crate::engine::due::DueMessage;
use crate::engine::engine::Engine;
use crate::engine::steps::{RunStep, RunSteps};
use crate::engine::unit::Unit;
use crate::fault::Fault;
use crate::handler::hold::Hold;
use crate::handler::job::{Context, Job, ReadAt};
use crate::handler::outlet::Outlet;
use crate::peer::Peer;
use crate::peers::gate::{Gate, Verdict};
use crate::peers::settings::OwnTiming;
use crate::server::callers::Callers;
use crate::server::drop_log::DropLog;
use crate::server::inbound::{Delivered, Read};
use crate::server::offer::offer;
use crate::server::rate_time::RateTime;
use crate::server::shared::Shared;
use crate::server::turn::Turn;

/// Runs messages: at once, or when they are due.
pub(crate) struct Runner {
    pub(crate) callers: Callers,
    pub(crate) gate: Gate,
    pub(crate) drops: DropLog,
    pub(crate) clock: Clock,
    pub(crate) rates: RateTime,
    pub(crate) shared: Arc<Shared>,
    /// The same, as handlers see it.
    pub(crate) outlet: Arc<dyn Outlet>,
    /// Whether what waits still runs, though the server has been stopped.
    pub(crate) drains: bool,
}

impl Drop for Runner {
    fn drop(&mut self) {
        let dropped = self.shared.line.lock().schedule_mut().clear();
        self.shared.counters.dropped_at_stop.add(dropped);
        let held = self.gate.drop_held();
        let cause = DropCause::Stopped.name();
        if dropped > 0 {
            warn!(cause, bundles = dropped, "bundles that waited are dropped");
        }
        if held > 0 {
            warn!(cause, messages = held, "messages that a rate held back are dropped");
        }
        self.shared.subscribers.end();
    }
}

impl Runner {
    /// Runs a packet of the program itself, which is decoded already.
    pub(crate) async fn decoded(
        &mut self,
        packet: &Packet,
        peer: &Peer,
        at: Instant,
    ) -> Dispatched {
        let Self { gate, rates, drops, .. } = self;
        let timing = match gate.admit(at, peer, packet.as_bytes().len(), || rates.arrived(at)) {
            Verdict::Refused(cause) => {
                drops.note(cause, peer, 1);
                return Dispatched::default();
            }
            Verdict::Over(_) => {
                drops.held(gate.hold(peer, at, packet.view()), peer);
                return Dispatched::default();
            }
            Verdict::Admitted(admitted) => admitted.settled.timing,
        };
        self.packet(packet.view(), peer, at, timing).await
    }

    /// Runs what was held because it was too much, as far as it may run now.
    pub(crate) async fn release(&mut self) {
        while self.gate.next_due().is_some() {
            // What is due already is earlier. It may end the server, and then what is held is not taken out: it is
            // counted where it is.
            self.run_due().await;
            if self.is_over() {
                return;
            }
            let Some(held) = self.gate.release(self.rates.now()) else { return };
            let (peer, received_at) = (held.sender.peer().clone(), ReadAt::Known(held.received_at));
            self.shared.handles(&peer);
            let outlet = Arc::clone(&self.outlet);
            let context = Context { peer: &peer, received_at, outlet: &outlet, hold: None };
            self.plain(held.message.view(), context).await;
        }
    }

    /// Forgets peers whose connections have closed.
    pub(crate) fn forget_departed(&mut self) {
        let departed = std::mem::take(&mut *self.shared.departed());
        departed.iter().for_each(|peer| self.gate.forget(peer));
    }

    /// Decodes and runs what one reader has read, from where it left off: as much as there is time for before others have
    /// their turns. Says whether that was all.
    pub(crate) async fn delivered(&mut self, delivered: &mut Delivered) -> bool {
        let Delivered { what, peer, port, at, begun, .. } = delivered;
        let frames = match what {
            Read::Frames(frames) => frames,
            Read::Datagram(datagram) => {
                *begun = 1;
                match datagram {
                    Ok(bytes) => {
                        if let Some(left) = self.at_once(bytes, peer, port, *at) {
                            self.rest(left, peer, *at).await;
                        }
                    }
                    Err(error) => self.bad(peer, error, *at),
                }
                return true;
            }
        };
        let mut turn = Turn::default();
        for frame in frames.iter().skip(*begun) {
            *begun += 1;
            match frame {
                Ok(bytes) => {
                    if let Some(left) = self.at_once(bytes, peer, port, *at) {
                        self.rest(left, peer, *at).await;
                    }
                }
                Err(error) => self.bad(peer, error, *at),
            }
            if self.shared.stop.is_asked() || turn.is_over() {
                break;
            }
            // One read can bring thousands of packets: the tasks beside this one get their turns.
            tokio::task::consume_budget().await;
        }
        *begun >= frames.len()
    }

    /// Counts and tells of what arrived and was no packet, or was refused. Sockets have counted it for all peers.
    pub(crate) fn bad(&mut self, peer: &Peer, error: &BadPacket, at: Instant) {
        self.gate.bad(at, peer, error);
        self.shared.malformed(peer, error);
    }

    /// Runs what is due now of a packet, and puts the rest in line.
    pub(crate) async fn packet(
        &mut self,
        packet: PacketRef<'_>,
        peer: &Peer,
        received_at: Instant,
        timing: OwnTiming,
    ) -> Dispatched {
        trace!(%peer, %packet, "received");
        let outlet = Arc::clone(&self.outlet);
        let context =
            Context { peer, received_at: ReadAt::Known(received_at), outlet: &outlet, hold: None };
        let mut dispatched = Dispatched::default();
        // What is due already is earlier than what arrives now.
        if let PacketRef::Message(message) = packet {
            if self.run_due().await && self.is_over() {
                self.shared.stopped_before(peer);
                return dispatched;
            }
            self.shared.handles(peer);
            return self.plain(message, context).await;
        }
        let handled = loop {
            let (now, any) = self.run_due_before().await;
            if any && self.is_over() {
                self.shared.stopped_before(peer);
                return dispatched;
            }
            self.clock.follow(now);
            let timing = timing.or(self.shared.line.timing());
            let learned = self.learned_offset(packet, peer, received_at);
            let offset = learned.unwrap_or_else(|| timing.offset + self.clock.offset());
            let timing = timing.offset(offset);
            let put = |engine: &mut Engine<Peer>| {
                engine.handle_packet(now, packet, peer, received_at, timing)
            };
            if let Some(handled) = self.shared.line.put(put) {
                break handled;
            }
        };
        self.shared.handles(peer);
        self.shared.counters.scheduled.add(handled.scheduled);
        self.shared.counters.dropped_late.add(handled.late);
        if handled.late > 0 {
            self.drops.note(DropCause::Late, peer, handled.late);
        }
        self.shared.counters.disordered.add(handled.disordered);
        if let Some((bundles, overflow)) = handled.refused {
            self.shared.counters.schedule_refused.add(bundles);
            let cause = DropCause::ScheduleFull;
            if let Some(held_back) = self.drops.admit(cause) {
                warn!(%peer, cause = cause.name(), bundles, %overflow, held_back, "bundles refused");
            }
            self.shared.tell(&Fault::ScheduleRefused { peer, bundles, overflow });
        }
        self.steps(handled.steps_now(packet), context, &mut dispatched).await;
        dispatched
    }

    /// Whether nothing more is to run.
    fn is_over(&self) -> bool {
        !self.drains && self.shared.stop.is_asked()
    }

    /// Runs every bundle that is due, as long as the server is not stopped; says whether there was one.
    pub(crate) async fn run_due(&mut self) -> bool {
        let mut any = false;
        while !self.is_over() {
            let Some(unit) = self.shared.line.next(|| self.clock.now()) else { break };
            any = true;
            self.unit(unit, None).await;
            // Thousands may be due at once: the tasks beside this one, which send their replies, get their turns.
            tokio::task::consume_budget().await;
        }
        any
    }

    /// Runs every bundle that is due, and says up to when. A bundle that comes next is due or not by that time: by a
    /// later one it could overtake another of the same time tag that waits. Says, too, whether there was one.
    async fn run_due_before(&mut self) -> (TimeTag, bool) {
        let mut any = false;
        loop {
            let now = self.clock.now();
            let unit = if any && self.is_over() { None } else { self.shared.line.next(|| now) };
            let Some(unit) = unit else { return (now, any) };
            any = true;
            self.unit(unit, None).await;
            tokio::task::consume_budget().await;
        }
    }

    /// How long before it is due a bundle may [begin](Self::begin_next).
    pub(crate) fn ahead(&self) -> Duration {
        if self.clock.is_system() { AHEAD } else { Duration::ZERO }
    }

    /// Begins the bundle that is due within a moment, as far as nobody notices; the rest runs when it is due, and not
    /// before.
    pub(crate) async fn begin_next(&mut self) {
        let ahead = self.ahead();
        let Some(unit) = self.shared.line.next(|| self.clock.now() + ahead) else { return };
        // Only by the system's clock is it known how long that takes. All that waits may have to run now, whenever it
        // is due.
        let holds = !ahead.is_zero() && unit.due.since(self.clock.now()) <= ahead;
        let until = if holds { self.clock.instant(unit.due) } else { None };
        self.unit(unit, until.map(Hold::until)).await;
    }

    /// Runs a bundle that has waited, or still waits.
    async fn unit(&mut self, unit: Unit<Peer>, hold: Option<Hold>) {
        self.shared.counters.released.add(1);
        if hold.is_none() {
            self.runs(&unit, self.clock.now().since(unit.due));
        }
        let outlet = Arc::clone(&self.outlet);
        let received_at = ReadAt::Known(unit.received_at);
        let context =
            Context { peer: &unit.peer, received_at, outlet: &outlet, hold: hold.as_ref() };
        self.steps(unit.steps(), context, &mut Dispatched::default()).await;
        if let Some(hold) = hold {
            self.runs(&unit, hold.late());
        }
    }

    /// Notes that a bundle runs that has waited, and how late.
    fn runs(&self, unit: &Unit<Peer>, late: Duration) {
        trace!(peer = %unit.peer, due = %unit.due, ?late, "bundle runs");
        self.shared.lateness.note(late);
    }

    /// Finds the handlers of the bundle that comes first and calls none, so that less has to be fetched from memory when
    /// it is due.
    pub(crate) fn rehearse(&mut self) {
        let Some(unit) = self.shared.line.first() else { return };
        let caller = self.callers.of(&unit.peer);
        unit.messages().take(REHEARSED).for_each(|due| caller.rehearse(&due.message));
    }

    /// When there is something to run, if nothing arrives.
    pub(crate) fn next_deadline(&self) -> Option<TimeTag> {
        let line = &self.shared.line;
        // Nobody waits for what was cancelled when the server is to end.
        let bundle = if self.drains { line.next_live() } else { line.next_due() };
        let Some(held) = self.gate.next_due() else { return bundle };
        let held = self.rates.line(held);
        Some(bundle.map_or(held, |bundle| if bundle.is_after(held) { held } else { bundle }))
    }

    /// Runs what is due of a bundle.
    async fn steps(
        &mut self,
        steps: RunSteps<'_>,
        context: Context<'_>,
        dispatched: &mut Dispatched,
    ) {
        for step in steps {
            let shared = &self.shared;
            match step {
                RunStep::Start { time_tag, .. } => {
                    shared.bundle(shared.on_bundle_start.as_ref(), context, time_tag);
                }
                RunStep::Message(message) => self.timed(message, context, dispatched).await,
                RunStep::End { time_tag, .. } => {
                    shared.bundle(shared.on_bundle_end.as_ref(), context, time_tag);
                }
            }
        }
    }

    /// Runs a message that is no bundle's.
    async fn plain(&mut self, message: MessageRef<'_>, context: Context<'_>) -> Dispatched {
        let mut dispatched = Dispatched::default();
        let (tag, lateness) = (TimeTag::IMMEDIATE, Duration::ZERO);
        self.message(message, tag, lateness, context, &mut dispatched).await;
        dispatched
    }

    async fn timed(
        &mut self,
        message: DueMessage<'_>,
        context: Context<'_>,
        dispatched: &mut Dispatched,
    ) {
        let lateness = message.lateness(self.clock.now());
        self.message(message.message, message.time_tag, lateness, context, dispatched).await;
    }

    async fn message(
        &mut self,
        message: MessageRef<'_>,
        time_tag: TimeTag,
        lateness: Duration,
        context: Context<'_>,
        sum: &mut Dispatched,
    ) {
        if self.hears(&message, context) {
            return;
        }
        let mut dispatched = Dispatched::default();
        let job = Job { message: &message, time_tag, lateness, context };
        self.shared.begins(&job);
        if self.callers.first.is_empty() || !offer(&mut self.callers, &job, &mut dispatched).await {
            let reached = dispatched.taken;
            let caller: &mut Caller = self.callers.of(context.peer);
            caller.message(&job, &mut dispatched).await;
            if reached {
                dispatched.unmatched = 0;
            }
        }
        self.shared.counters.dispatched(&dispatched);
        sum.add(&dispatched);
    }
}

/// So many messages of a bundle: looking them up takes a few microseconds.
const REHEARSED: usize = 16;

/// So long before it is due a bundle begins where a precision is asked for: it takes some 10 µs on a processor whose
/// caches have forgotten how.
const AHEAD: Duration = Duration::from_micros(50);
