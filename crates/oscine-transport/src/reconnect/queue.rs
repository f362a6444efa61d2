//! Packets that wait for a connection.

use core::time::Duration;
use std::collections::VecDeque;

use oscine_codec::Packet;
use tokio::time::Instant;

use crate::reconnect::sent::Ticket;
use crate::reconnect::while_down::WhileDown;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;

/// What bounds the queue; the builder documents each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) limit: usize,
    pub(super) while_down: WhileDown,
    pub(super) max_age: Option<Duration>,
}

/// Packets that wait for a connection, those that are urgent first; without IO and without a clock.
///
/// Each lane has the whole limit, so that urgent packets have room when others fill the queue.
#[derive(Debug)]
pub(super) struct Queue {
    bounds: Bounds,
    mode: Mode,
    urgent: VecDeque<Entry>,
    plain: VecDeque<Entry>,
}

/// What decides about a packet that is to be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// There is no connection: [`WhileDown`] decides.
    Down,
    /// There is a connection: whoever sends waits for room.
    Up,
    /// Nothing is accepted any more.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Urgent,
    Plain,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) packet: Packet,
    pub(super) ticket: Ticket,
    /// When it was handed over.
    pub(super) since: Instant,
}

/// What became of a packet that was to be queued.
#[derive(Debug)]
pub(super) enum Pushed {
    /// It waits; the other one was dropped for it.
    Waits(Option<Dropped>),
    /// There is no room yet.
    NoRoom(Entry),
    /// It is not accepted, for this reason; counted under this cause, if any.
    Refused(SendError, Option<DropCause>),
}

/// A packet that was dropped, and why.
#[derive(Debug)]
#[must_use = "it has to be counted"]
pub(super) struct Dropped(pub(super) Ticket, pub(super) DropCause);

impl Queue {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, mode: Mode::Down, urgent: VecDeque::new(), plain: VecDeque::new() }
    }

    pub(super) fn push(&mut self, mut entry: Entry, lane: Lane) -> Pushed {
        let Bounds { limit, while_down, .. } = self.bounds;
        let mode = self.mode;
        let lane = self.lane(lane);
        let full = lane.len() >= limit;
        let dropped = match (mode, while_down) {
            (Mode::Closed, _) => return Pushed::Refused(SendError::Closed, None),
            (Mode::Down, WhileDown::Refuse) => {
                return Pushed::Refused(SendError::Offline, Some(DropCause::Offline));
            }
            (Mode::Up, _) if full => return Pushed::NoRoom(entry),
            (Mode::Down, WhileDown::DropNewest) if full => {
                return Pushed::Refused(SendError::Full, Some(DropCause::QueueFull));
            }
            (Mode::Down, WhileDown::DropOldest) if full => lane.pop_front(),
            _ => None,
        };
        if mode == Mode::Down || !lane.is_empty() {
            entry.detach();
        }
        lane.push_back(entry);
        Pushed::Waits(dropped.map(|oldest| Dropped(oldest.ticket, DropCause::QueueFull)))
    }

    /// Queues a packet for which [`has_room`](Self::has_room) said that it may come.
    pub(super) fn push_promised(&mut self, entry: Entry) -> Pushed {
        match self.push(entry, Lane::Plain) {
            Pushed::NoRoom(mut entry) => {
                entry.detach();
                // Others may have been quicker, by as many as there are sinks.
                self.plain.push_back(entry);
                Pushed::Waits(None)
            }
            other => other,
        }
    }

    /// Takes out the packet that is next.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        self.urgent.pop_front().or_else(|| self.plain.pop_front())
    }

    /// Takes out a packet that has waited for too long.
    pub(super) fn pop_stale(&mut self, now: Instant) -> Option<Dropped> {
        let max_age = self.bounds.max_age?;
        for lane in [&mut self.urgent, &mut self.plain] {
            let stale = |entry: &Entry| now.saturating_duration_since(entry.since) >= max_age;
            if lane.front().is_some_and(stale) {
                return lane.pop_front().map(|entry| Dropped(entry.ticket, DropCause::Stale));
            }
        }
        None
    }

    /// When the next packet will have waited for too long.
    pub(super) fn next_stale(&self) -> Option<Instant> {
        let max_age = self.bounds.max_age?;
        let fronts = [self.urgent.front(), self.plain.front()];
        fronts.into_iter().flatten().filter_map(|entry| entry.since.checked_add(max_age)).min()
    }

    /// Sets what decides; answers with whether what waits is to be dropped for it.
    pub(super) fn set_mode(&mut self, mode: Mode) -> bool {
        // A queue that is closed stays so while the rest of it is sent.
        if self.mode != Mode::Closed {
            self.mode = mode;
        }
        mode == Mode::Down && self.bounds.while_down == WhileDown::Refuse
    }

    pub(super) fn has_room(&self) -> bool {
        self.mode != Mode::Up || self.plain.len() < self.bounds.limit
    }

    pub(super) fn is_closed(&self) -> bool {
        self.mode == Mode::Closed
    }

    pub(super) fn len(&self) -> usize {
        self.urgent.len() + self.plain.len()
    }

    fn lane(&mut self, lane: Lane) -> &mut VecDeque<Entry> {
        match lane {
            Lane::Urgent => &mut self.urgent,
            Lane::Plain => &mut self.plain,
        }
    }
}

impl Entry {
    /// Puts the packet into memory of its own size: it is going to be kept, and may share the
    /// buffer of all that was received with it.
    fn detach(&mut self) {
        if !self.packet.bytes().is_unique() {
            self.packet = self.packet.to_detached();
        }
    }
}

#[cfg(test)]
mod tests {
    use oscine_codec::Message;

    use super::*;

    fn entry(number: i32, since: Instant) -> Entry {
        let packet = Message::new("/n", (number,)).unwrap().into();
        Entry { packet, ticket: Ticket::unasked(), since }
    }

    fn number(entry: &Entry) -> i32 {
        let Packet::Message(message) = &entry.packet else { panic!("a message was queued") };
        message.args().parse::<(i32,)>().unwrap().0
    }

    fn queue(while_down: WhileDown) -> Queue {
        let max_age = Some(Duration::from_secs(5));
        Queue::new(Bounds { limit: 2, while_down, max_age })
    }

    /// Pushes 1, 2, 3 and answers with what became of 3 and what waits then.
    fn three(mut queue: Queue) -> (Pushed, Vec<i32>) {
        let now = Instant::now();
        for number in [1, 2] {
            let _ = queue.push(entry(number, now), Lane::Plain);
        }
        let third = queue.push(entry(3, now), Lane::Plain);
        (third, core::iter::from_fn(|| queue.pop()).map(|entry| number(&entry)).collect())
    }

    #[test]
    fn policies_decide_while_there_is_no_connection() {
        let (third, rest) = three(queue(WhileDown::DropOldest));
        assert!(matches!(third, Pushed::Waits(Some(Dropped(_, DropCause::QueueFull)))));
        assert_eq!(rest, [2, 3]);
        let (third, rest) = three(queue(WhileDown::DropNewest));
        assert!(matches!(third, Pushed::Refused(SendError::Full, Some(DropCause::QueueFull))));
        assert_eq!(rest, [1, 2]);
        let (third, rest) = three(queue(WhileDown::Refuse));
        assert!(matches!(third, Pushed::Refused(SendError::Offline, Some(DropCause::Offline))));
        assert_eq!(rest, [0; 0]);
    }

    #[test]
    fn with_a_connection_whoever_sends_waits() {
        for policy in [WhileDown::DropOldest, WhileDown::DropNewest, WhileDown::Refuse] {
            let mut queue = queue(policy);
            queue.set_mode(Mode::Up);
            let (third, rest) = three(queue);
            assert!(matches!(third, Pushed::NoRoom(entry) if number(&entry) == 3));
            assert_eq!(rest, [1, 2]);
        }
    }

    #[test]
    fn a_closed_queue_is_not_opened_by_a_connection() {
        let mut queue = queue(WhileDown::DropOldest);
        queue.set_mode(Mode::Closed);
        queue.set_mode(Mode::Up);
        let pushed = queue.push(entry(1, Instant::now()), Lane::Plain);
        assert!(matches!(pushed, Pushed::Refused(SendError::Closed, None)));
        assert!(queue.is_closed() && queue.len() == 0);
    }

    #[test]
    fn urgent_packets_are_first_and_have_room_of_their_own() {
        let now = Instant::now();
        let mut queue = queue(WhileDown::DropOldest);
        queue.set_mode(Mode::Up);
        for number in [1, 2] {
            let _ = queue.push(entry(number, now), Lane::Plain);
        }
        assert!(!queue.has_room());
        for number in [8, 9] {
            let pushed = queue.push(entry(number, now), Lane::Urgent);
            assert!(matches!(pushed, Pushed::Waits(None)));
        }
        let order: Vec<_> = core::iter::from_fn(|| queue.pop()).map(|e| number(&e)).collect();
        assert_eq!(order, [8, 9, 1, 2]);
    }

    #[test]
    fn what_waits_too_long_is_dropped_in_order() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut queue = queue(WhileDown::DropOldest);
        assert_eq!(queue.next_stale(), None);
        let _ = queue.push(entry(1, after(0)), Lane::Plain);
        let _ = queue.push(entry(2, after(2)), Lane::Urgent);
        let _ = queue.push(entry(3, after(2)), Lane::Plain);
        assert_eq!(queue.next_stale(), Some(after(5)));
        assert!(queue.pop_stale(after(4)).is_none());
        assert!(matches!(queue.pop_stale(after(5)), Some(Dropped(_, DropCause::Stale))));
        assert!(queue.pop_stale(after(5)).is_none());
        assert_eq!(queue.next_stale(), Some(after(7)));
        assert!(queue.pop_stale(after(7)).is_some() && queue.pop_stale(after(7)).is_some());
        assert_eq!(queue.len(), 0);
    }
}
