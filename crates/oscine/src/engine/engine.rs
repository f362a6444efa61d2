//! The engine.

use std::time::Instant;

use oscine_codec::{BundleRef, Node, Packet, PacketRef, TimeTag, TimedMessage};

use crate::engine::unit::Unit;
use crate::schedule::limits::{Overflow, ScheduleLimits};
use crate::schedule::queue::Schedule;

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handled {
    /// How many bundles were put in line for later.
    pub scheduled: usize,
    /// Why those that are due later were refused, all of them; what is due now runs even so.
    pub refused: Option<(usize, Overflow)>,
}

/// Decides what runs, in which order, and when. `P` is whoever sends packets.
///
/// The loop around it, whoever's it is:
///
/// 1. Run every [`Unit`] that [`handle_timeout`](Self::handle_timeout) gives.
/// 2. Wait for a packet, until [`next_timeout`](Self::next_timeout) at the longest.
/// 3. For a packet, call [`handle_packet`](Self::handle_packet), then run what [`due_now`](Self::due_now) yields.
///
/// # Examples
///
/// ```
/// use std::time::Instant;
/// use oscine::{Bundle, Engine, Message, Packet, ScheduleLimits, TimeTag};
///
/// let mut engine = Engine::new(ScheduleLimits::new());
/// let (now, later) = (TimeTag::from_unix(100, 0), TimeTag::from_unix(101, 0));
/// let packet = Packet::from(Bundle::new(later, [Message::new("/a", 1)?])?);
///
/// let handled = engine.handle_packet(now, packet.view(), &"peer", Instant::now());
/// assert_eq!(handled.scheduled, 1);
/// assert_eq!(Engine::<&str>::due_now(now, packet.view()).count(), 0);
///
/// assert_eq!(engine.next_timeout(), Some(later));
/// assert!(engine.handle_timeout(now).is_none());
/// let unit = engine.handle_timeout(later).expect("due");
/// assert_eq!(unit.messages().map(|m| m.message.address()).collect::<Vec<_>>(), ["/a"]);
/// # Ok::<(), oscine::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Engine<P> {
    schedule: Schedule<Unit<P>>,
}

impl<P: Clone> Engine<P> {
    /// An engine with nothing in line.
    #[must_use]
    pub const fn new(limits: ScheduleLimits) -> Self {
        Self { schedule: Schedule::new(limits) }
    }

    /// Puts those bundles of a packet in line that are due later than `now`.
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
    ) -> Handled {
        let mut handled = Handled { scheduled: 0, refused: None };
        // Most packets are messages, or bundles with nothing for later: those cost no more than this look.
        let Some((count, bytes, last)) = later_in(now, packet) else { return handled };
        if let Err(overflow) = self.schedule.admit(now, last, count, bytes) {
            handled.refused = Some((count, overflow));
            return handled;
        }
        let kept = Packet::from(packet);
        for (due, bundle) in later(now, kept.view()) {
            let bundle = kept.share_bundle(bundle);
            let size = bundle.as_bytes().len();
            let unit = Unit { due, peer: peer.clone(), received_at, bundle };
            // Cannot overflow: there is room for all of them.
            handled.scheduled += usize::from(self.schedule.push(now, due, size, unit).is_ok());
        }
        handled
    }

    /// The messages of a packet that run at once: alone, or in bundles that are due.
    pub fn due_now(now: TimeTag, packet: PacketRef<'_>) -> impl Iterator<Item = TimedMessage<'_>> {
        packet.messages().filter(move |message| message.time_tag <= now)
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

    /// What is in line.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule<Unit<P>> {
        &self.schedule
    }

    /// What is in line, to be changed.
    pub const fn schedule_mut(&mut self) -> &mut Schedule<Unit<P>> {
        &mut self.schedule
    }
}

/// The bundles of a packet that are units of their own: due later than `now`, and later than what is around them.
fn later(now: TimeTag, packet: PacketRef<'_>) -> impl Iterator<Item = (TimeTag, BundleRef<'_>)> {
    packet.walk().filter_map(move |node| match node {
        Node::Bundle { bundle, time_tag, parent_time }
            if time_tag > now && parent_time.is_none_or(|parent| time_tag > parent) =>
        {
            Some((time_tag, bundle))
        }
        _ => None,
    })
}

/// How many bundles of a packet are due later, their bytes, and when the last of them is due.
fn later_in(now: TimeTag, packet: PacketRef<'_>) -> Option<(usize, usize, TimeTag)> {
    packet.bundle()?;
    later(now, packet).fold(None, |sum, (due, bundle)| {
        let (count, bytes, last) = sum.unwrap_or((0, 0, now));
        Some((count + 1, bytes + bundle.as_bytes().len(), last.max(due)))
    })
}

#[cfg(test)]
mod tests {
    use oscine_codec::{Bundle, Message};

    use super::*;

    fn at(seconds: u64) -> TimeTag {
        TimeTag((1_000_000 + seconds) << 32)
    }

    fn message(address: &str) -> Message {
        Message::new(address, ()).unwrap()
    }

    /// A harness that owns the clock: handles packets as they arrive, steps to each deadline, and notes what runs.
    fn run(packets: &[(u64, Packet)], until: u64) -> Vec<(u64, String)> {
        let mut engine = Engine::new(ScheduleLimits::new());
        let mut ran = Vec::new();
        let mut note = |now: TimeTag, message: TimedMessage<'_>| {
            assert!(message.time_tag <= now, "never early");
            ran.push(((now.0 >> 32) - 1_000_000, message.message.address().to_owned()));
        };
        for second in 0..=until {
            let now = at(second);
            while let Some(unit) = engine.handle_timeout(now) {
                unit.messages().for_each(|message| note(now, message));
            }
            for (_, packet) in packets.iter().filter(|(arrival, _)| *arrival == second) {
                engine.handle_packet(now, packet.view(), &(), Instant::now());
                Engine::<()>::due_now(now, packet.view()).for_each(|message| note(now, message));
            }
        }
        assert!(engine.schedule().is_empty());
        ran
    }

    fn expect(packets: &[(u64, Packet)], expected: &[(u64, &str)]) {
        let ran = run(packets, 20);
        let ran: Vec<_> = ran.iter().map(|(second, address)| (*second, address.as_str())).collect();
        assert_eq!(ran, expected);
    }

    #[test]
    fn the_past_and_immediate_run_at_once_in_their_place() {
        let inner = Bundle::new(at(0), [message("/b")]).unwrap();
        let bundle = Bundle::builder(TimeTag::IMMEDIATE)
            .element(message("/a"))
            .element(inner)
            .element(message("/c"))
            .build()
            .unwrap();
        expect(&[(3, bundle.into())], &[(3, "/a"), (3, "/b"), (3, "/c")]);
    }

    #[test]
    fn nested_bundles_have_their_own_time_but_never_before_their_parents() {
        let earlier = Bundle::new(at(2), [message("/earlier")]).unwrap();
        let immediate = Bundle::new(TimeTag::IMMEDIATE, [message("/immediate")]).unwrap();
        let deep = Bundle::new(at(7), [message("/deep")]).unwrap();
        let later =
            Bundle::builder(at(9)).element(message("/later")).element(deep).build().unwrap();
        let bundle = Bundle::builder(at(5))
            .element(message("/first"))
            .element(earlier)
            .element(later)
            .element(immediate)
            .element(message("/last"))
            .build()
            .unwrap();
        let order = [
            (5, "/first"),
            (5, "/earlier"),
            (5, "/immediate"),
            (5, "/last"),
            (9, "/later"),
            (9, "/deep"),
        ];
        expect(&[(1, bundle.clone().into())], &order);
        let late = [
            (6, "/first"),
            (6, "/earlier"),
            (6, "/immediate"),
            (6, "/last"),
            (9, "/later"),
            (9, "/deep"),
        ];
        expect(&[(6, bundle.into())], &late);
    }

    #[test]
    fn earlier_bundles_overtake_and_equal_ones_do_not() {
        let bundle =
            |second, address| Packet::from(Bundle::new(at(second), [message(address)]).unwrap());
        let nested = Bundle::builder(at(3))
            .element(Bundle::new(at(8), [message("/nested")]).unwrap())
            .build()
            .unwrap();
        let packets = [
            (0, bundle(8, "/one")),
            (0, nested.into()),
            (1, bundle(4, "/four")),
            (2, bundle(8, "/two")),
        ];
        expect(&packets, &[(4, "/four"), (8, "/one"), (8, "/nested"), (8, "/two")]);
    }

    #[test]
    fn a_packet_that_does_not_fit_is_refused_as_a_whole() {
        let mut engine = Engine::new(ScheduleLimits::new().count(1));
        let inner = Bundle::new(at(9), [message("/inner")]).unwrap();
        let bundle = Packet::from(Bundle::builder(at(5)).element(inner).build().unwrap());
        let handled = engine.handle_packet(at(0), bundle.view(), &(), Instant::now());
        assert_eq!(handled.refused, Some((2, Overflow::Count { limit: 1 })));
        assert!(engine.schedule().is_empty());
    }
}
