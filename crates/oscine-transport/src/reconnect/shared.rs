//! What the task of a client shares with those who send.

use core::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use oscine_codec::Packet;
use tokio::{
    sync::{Notify, watch},
    task::coop::consume_budget,
    time::{Instant, sleep_until},
};

use crate::framing::error::FrameTooLong;
use crate::reconnect::queue::{Bounds, Dropped, Entry, Lane, Mode, Pushed, Queue};
use crate::reconnect::sent::{Sent, Ticket};
use crate::reconnect::state::State;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;
use crate::stats::counters::Counters;

/// What the task of a client shares with those who send.
#[derive(Debug)]
pub(super) struct Shared {
    queue: Mutex<Queue>,
    max_frame: usize,
    /// Wakes the task: there is something to send, or the client is to be closed.
    work: Notify,
    /// Wakes those who wait for room, all of them.
    room: Arc<Notify>,
    /// Wakes the task once, when the client is to be closed.
    closing: Notify,
    state: watch::Sender<State>,
    /// Packets dropped since a connection was made last.
    dropped: AtomicU64,
    pub(super) counters: Arc<Counters>,
}

impl Shared {
    pub(super) fn new(bounds: Bounds, max_frame: usize, counters: Arc<Counters>) -> Self {
        Self {
            queue: Mutex::new(Queue::new(bounds)),
            max_frame,
            work: Notify::new(),
            room: Arc::default(),
            closing: Notify::new(),
            state: watch::Sender::new(State::Connecting { attempt: 1 }),
            dropped: AtomicU64::new(0),
            counters,
        }
    }

    /// Queues a packet, waiting for room while there is a connection.
    pub(super) async fn send(&self, packet: Packet) -> Result<Sent, SendError> {
        // One who only sends must not keep the task, which may be about to connect, from its turn.
        consume_budget().await;
        let (mut entry, sent) = self.entry(packet)?;
        loop {
            // Made before the queue is looked at, so that no room is missed in between.
            let room = self.room.notified();
            match self.push(entry, Lane::Plain)? {
                None => return Ok(sent),
                Some(back) => entry = back,
            }
            room.await;
        }
    }

    /// Queues a packet if there is room.
    pub(super) fn try_send(&self, packet: Packet, lane: Lane) -> Result<Sent, SendError> {
        let (entry, sent) = self.entry(packet)?;
        match self.push(entry, lane)? {
            None => Ok(sent),
            Some(_) => Err(SendError::Full),
        }
    }

    /// Queues a packet after whose fate nobody asks, for which there was room a moment ago.
    pub(super) fn send_promised(&self, packet: Packet) -> Result<(), SendError> {
        FrameTooLong::check(packet.as_bytes().len(), self.max_frame)?;
        let entry = Entry { packet, ticket: Ticket::unasked(), since: Instant::now() };
        let pushed = self.lock().push_promised(entry);
        self.settle(pushed).map(drop)
    }

    pub(super) fn has_room(&self) -> Result<bool, SendError> {
        let queue = self.lock();
        if queue.is_closed() { Err(SendError::Closed) } else { Ok(queue.has_room()) }
    }

    /// What wakes those who wait for room.
    pub(super) fn room(&self) -> &Arc<Notify> {
        &self.room
    }

    fn entry(&self, packet: Packet) -> Result<(Entry, Sent), SendError> {
        FrameTooLong::check(packet.as_bytes().len(), self.max_frame)?;
        let (ticket, sent) = Ticket::new();
        Ok((Entry { packet, ticket, since: Instant::now() }, sent))
    }

    /// Queues a packet, or gives it back if there is no room.
    fn push(&self, entry: Entry, lane: Lane) -> Result<Option<Entry>, SendError> {
        let pushed = self.lock().push(entry, lane);
        self.settle(pushed)
    }

    fn settle(&self, pushed: Pushed) -> Result<Option<Entry>, SendError> {
        match pushed {
            Pushed::Waits(dropped) => {
                if let Some(dropped) = dropped {
                    self.drop_packet(dropped);
                }
                self.work.notify_one();
                Ok(None)
            }
            Pushed::NoRoom(entry) => Ok(Some(entry)),
            Pushed::Refused(error, cause) => {
                if let Some(cause) = cause {
                    self.count_dropped(cause, 1);
                }
                Err(error)
            }
        }
    }

    /// Takes out the packet that is next. The one who calls says when there is room.
    pub(super) fn pop(&self) -> Option<Entry> {
        self.lock().pop()
    }

    /// Tells those who wait for room that there may be some.
    pub(super) fn tell_room(&self) {
        self.room.notify_waiters();
    }

    pub(super) fn drop_packet(&self, Dropped(ticket, cause): Dropped) {
        self.count_dropped(cause, 1);
        ticket.tell(Err(SendError::Dropped { cause }));
    }

    /// Counts a packet that was taken into the queue and that the connection does not take.
    pub(super) fn refused(&self, error: &SendError) {
        match error {
            // The connection has counted it, but not for the state.
            SendError::Refused { .. } => {
                self.dropped.fetch_add(1, Relaxed);
            }
            _ => self.count_dropped(DropCause::TooLong, 1),
        }
    }

    fn count_dropped(&self, cause: DropCause, packets: u64) {
        self.dropped.fetch_add(packets, Relaxed);
        self.counters.dropped(cause, packets);
    }

    /// Drops packets that have waited for too long.
    pub(super) fn drop_stale(&self) {
        let now = Instant::now();
        let mut any = false;
        // One at a time: whoever is told must not be told under the lock.
        while let Some(stale) = { self.lock().pop_stale(now) } {
            self.drop_packet(stale);
            any = true;
        }
        if any {
            self.tell_room();
        }
    }

    /// Sets what decides about packets, and drops those that are not to wait.
    pub(super) fn set_mode(&self, mode: Mode) {
        let refused = self.lock().set_mode(mode);
        while let Some(entry) = { if refused { self.lock().pop() } else { None } } {
            self.drop_packet(Dropped(entry.ticket, DropCause::Offline));
        }
        self.tell_room();
        self.work.notify_one();
    }

    /// How many packets were dropped since a connection was made last.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Counts dropped packets from here on; answers with how many there were before.
    pub(super) fn take_dropped(&self) -> u64 {
        self.dropped.swap(0, Relaxed)
    }

    /// Whether the client is to be closed and nothing waits.
    pub(super) fn is_done(&self) -> bool {
        let queue = self.lock();
        queue.is_closed() && queue.len() == 0
    }

    /// Waits until there may be something to send, or a packet has waited for too long.
    pub(super) async fn changed(&self) {
        let stale = { self.lock().next_stale() };
        match stale {
            None => self.work.notified().await,
            Some(stale) => tokio::select! {
                () = self.work.notified() => {}
                () = sleep_until(stale) => self.drop_stale(),
            },
        }
    }

    /// Drops packets that have waited for too long, until the client is to be closed and none
    /// waits.
    pub(super) async fn tend(&self) {
        while !self.is_done() {
            self.changed().await;
        }
    }

    /// Waits until the client is to be closed, then for as long as it may take.
    pub(super) async fn out_of_time(&self, grace: Duration) {
        self.closing.notified().await;
        tokio::time::sleep(grace).await;
    }

    /// Accepts no more packets; the task sends those that wait, and ends.
    pub(super) fn close(&self) {
        self.set_mode(Mode::Closed);
        self.closing.notify_one();
    }

    /// Closes for good; what still waits is dropped.
    pub(super) fn end(&self) {
        self.set_mode(Mode::Closed);
        while let Some(entry) = { self.lock().pop() } {
            self.count_dropped(DropCause::Offline, 1);
            entry.ticket.tell(Err(SendError::Closed));
        }
        self.set_state(State::Closed);
    }

    pub(super) fn set_state(&self, state: State) {
        let again = |before: &State| match (before, &state) {
            (State::Connecting { attempt: before }, State::Connecting { attempt }) => {
                before == attempt
            }
            _ => false,
        };
        self.state.send_if_modified(|before| {
            // The task begins in the state that it finds.
            let changed = !again(before);
            *before = state.clone();
            changed
        });
    }

    pub(super) fn state(&self) -> &watch::Sender<State> {
        &self.state
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing under the lock panics half way through.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
