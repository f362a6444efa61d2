//! The engine.

use std::hash::Hash;
use std::time::Instant;

use oscine_codec::{Node, Packet, PacketRef, TimeTag};
use oscine_transport::PeerKey;

use crate::engine::handled::Handled;
use crate::engine::selection::Selection;
use crate::engine::timing::{LatePolicy, TimePolicy, Timing};
use crate::engine::unit::Unit;
use crate::schedule::limits::ScheduleLimits;
use crate::schedule::queue::Schedule;

/// Decides what runs, in which order, and when. `P` is whoever sends packets.
///
/// The loop around it, whoever's it is:
///
/// 1. Run every [`Unit`] that [`handle_timeout`](Self::handle_timeout) gives.
/// 2. Wait for a packet, until [`next_timeout`](Self::next_timeout) at the longest.
/// 3. For a packet, call [`handle_packet`](Self::handle_packet), then run what [`due_now`](Handled::due_now) yields.
///
/// The engine's time is that of whoever calls it, all the time the same clock's; [`Timing::offset`] brings senders'
/// time tags to it. Which of two times is later is decided by the shorter way round the eras
/// ([`TimeTag::is_after`]), and so the seconds' wrap of 2036 goes unnoticed.
///
/// # Examples
///
/// ```
/// use std::time::Instant;
/// use oscine::{Bundle, Engine, Message, Packet, ScheduleLimits, TimeTag, Timing};
///
/// let mut engine = Engine::new(ScheduleLimits::new());
/// let (now, later) = (TimeTag::from_unix(100, 0), TimeTag::from_unix(101, 0));
/// let packet = Packet::from(Bundle::new(later, [Message::new("/a", 1)?])?);
///
/// let handled = engine.handle_packet(now, packet.view(), &"peer", Instant::now(), Timing::new());
/// assert_eq!(handled.scheduled, 1);
/// assert_eq!(handled.due_now(packet.view()).count(), 0);
///
/// assert_eq!(engine.next_timeout(), Some(later));
/// assert!(engine.handle_timeout(now).is_none());
/// let unit = engine.handle_timeout(later).expect("due");
/// assert_eq!(unit.messages().map(|m| m.message.address()).collect::<Vec<_>>(), ["/a"]);
/// # Ok::<(), oscine::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Engine<P> {
    schedule: Schedule<Unit<P>, P>,
}

impl<P: Clone + Eq + Hash> Engine<P> {
    /// An engine with nothing in line. What waits belongs to the peer that sent it.
    #[must_use]
    pub fn new(limits: ScheduleLimits) -> Self {
        Self { schedule: Schedule::with_owners(limits) }
    }

    /// An engine with nothing in line, where peers of which `host_of` says the same host have a share of what may wait
    /// together, too: [`ScheduleLimits::host_count`].
    #[must_use]
    pub fn with_hosts(limits: ScheduleLimits, host_of: fn(&P) -> Option<PeerKey>) -> Self {
        Self { schedule: Schedule::with_hosts(limits, host_of) }
    }

    /// Puts those bundles of a packet in line that are due later than `now`, and answers with the rest.
    ///
    /// A nested bundle has its own time, but never before its parent's. Where it is due no later than its parent it
    /// runs with it, in its place.
    ///
    /// The bundles are copied out of the buffer that `packet` lies in, once for all of them.
    pub fn handle_packet(
        &mut self,
        now: TimeTag,
        packet: PacketRef<'_>,
        peer: &P,
        received_at: Instant,
        timing: Timing,
    ) -> Handled {
        let offset = timing.offset;
        let selection = match timing.time {
            TimePolicy::Honour => Selection::Due { now, offset },
            TimePolicy::Ignore => Selection::Immediate,
            TimePolicy::HandOver => Selection::All(offset),
        };
        let mut handled =
            Handled { scheduled: 0, refused: None, late: 0, disordered: 0, selection };
        // Most packets are messages: those cost no more than this look.
        let PacketRef::Bundle(bundle) = packet else { return handled };
        if timing.time != TimePolicy::Honour {
            return handled;
        }
        if is_too_late(now, offset.incoming(bundle.time_tag()), timing.late) {
            let nodes = packet.walk();
            handled.late = nodes.filter(|node| matches!(node, Node::Bundle { .. })).count();
            handled.selection = Selection::Nothing;
            return handled;
        }
        let plan = Plan::new(now, packet, timing);
        handled.disordered = plan.disordered;
        if plan.count > 0 {
            match self.schedule.admit(Some(peer), now, plan.last, plan.count, plan.bytes) {
                Ok(()) => handled.scheduled = self.keep(now, packet, peer, received_at, timing),
                Err(overflow) => handled.refused = Some((plan.count, overflow)),
            }
        }
        handled
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to give, if nothing is received.
    ///
    /// It may give nothing even then; asking once more is harmless.
    #[must_use]
    pub fn next_timeout(&self) -> Option<TimeTag> {
        self.schedule.next_due()
    }

    /// The first unit that is due at `now`. It is out of line before it runs.
    pub fn handle_timeout(&mut self, now: TimeTag) -> Option<Unit<P>> {
        self.schedule.pop_due(now).map(|(_, unit)| unit)
    }

    /// The first unit, whenever it is due: to run all that waits, in order. It is out of line before it runs.
    pub fn pop_pending(&mut self) -> Option<Unit<P>> {
        self.schedule.pop_first().map(|(_, unit)| unit)
    }

    /// Drops all that waits, and says how many bundles it was.
    pub fn drop_pending(&mut self) -> usize {
        self.schedule.clear()
    }

    /// What is in line.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule<Unit<P>, P> {
        &self.schedule
    }

    /// What is in line, to be changed.
    pub const fn schedule_mut(&mut self) -> &mut Schedule<Unit<P>, P> {
        &mut self.schedule
    }

    /// Puts those bundles in line that wait. There is room for all of them.
    fn keep(
        &mut self,
        now: TimeTag,
        packet: PacketRef<'_>,
        peer: &P,
        received_at: Instant,
        timing: Timing,
    ) -> usize {
        let kept = Packet::from(packet);
        let mut count = 0;
        for (due, node) in kept.view().walk().filter_map(|node| waits(now, node, timing)) {
            let Node::Bundle { bundle, .. } = node else { continue };
            let bundle = kept.share_bundle(bundle);
            let size = bundle.as_bytes().len();
            let unit = Unit { due, peer: peer.clone(), received_at, bundle };
            self.schedule.insert(Some(peer.clone()), now, due, size, unit);
            count += 1;
        }
        count
    }
}

fn is_too_late(now: TimeTag, due: TimeTag, policy: LatePolicy) -> bool {
    match policy {
        LatePolicy::Deliver => false,
        LatePolicy::DropAfter(limit) => !due.is_immediate() && now.since(due) > limit,
    }
}

/// A bundle that is a unit of its own, and when it is due: later than now, and later than what is around it.
fn waits(now: TimeTag, node: Node<'_>, timing: Timing) -> Option<(TimeTag, Node<'_>)> {
    let Node::Bundle { time_tag, parent_time, .. } = node else { return None };
    let due = timing.offset.incoming(time_tag);
    (due.is_after(now) && parent_time != Some(time_tag)).then_some((due, node))
}

/// What of a packet waits, and what is odd about it.
struct Plan {
    count: usize,
    bytes: usize,
    last: TimeTag,
    disordered: usize,
}

impl Plan {
    fn new(now: TimeTag, packet: PacketRef<'_>, timing: Timing) -> Self {
        let mut plan = Self { count: 0, bytes: 0, last: now, disordered: 0 };
        for node in packet.walk() {
            let Node::Bundle { bundle, parent_time, .. } = node else { continue };
            let own = bundle.time_tag();
            // "the OSC Time Tag of the enclosed bundle must be greater than or equal to the OSC Time Tag of the
            // enclosing bundle"
            plan.disordered += usize::from(parent_time.is_some_and(|parent| parent.is_after(own)));
            if let Some((due, _)) = waits(now, node, timing) {
                plan.count += 1;
                plan.bytes += bundle.as_bytes().len();
                plan.last = if due.is_after(plan.last) { due } else { plan.last };
            }
        }
        plan
    }
}
