//! One connection, from its first byte to its last.

use core::task::{Context, Poll, ready};
use std::sync::Arc;

use oscine_codec::Packet;
use tokio::task::coop::has_budget_remaining;
use tokio_util::sync::PollSender;
use tracing::debug;

use crate::codec::bad_packet::BadPacket;
use crate::reconnect::connector::BoxLink;
use crate::reconnect::queue::Dropped;
use crate::reconnect::sent::Ticket;
use crate::reconnect::shared::Shared;
use crate::reconnect::state::LostReason;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;

/// Where packets received go; `None` if nobody wants them.
pub(super) type Inbox = Option<PollSender<Result<Packet, BadPacket>>>;

/// One connection: writes what is in the queue, and reads what arrives.
///
/// Both go on at the same time: two ends that only write would wait for each other for ever.
pub(super) struct Session<'a> {
    link: BoxLink,
    shared: &'a Shared,
    inbox: &'a mut Inbox,
    /// Whose packets are in the buffer of `link`. No more are added before all of them were
    /// written, so that it is known which ones were, and how many may be in front of an urgent one.
    batch: Vec<Ticket>,
    /// Whether a good packet has been received.
    heard: bool,
    /// Why nothing can be written any more, while what had arrived before is still read: in so many
    /// turns at most.
    broken: Option<(LostReason, usize)>,
}

/// What one turn of reading has come to.
enum Read {
    /// There is more to be read.
    More,
    /// Nothing has arrived, or there is no room for it.
    Nothing,
    Ended(LostReason),
}

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// Everything was written and the client closes.
    Closed,
    Lost(LostReason),
}

impl<'a> Session<'a> {
    pub(super) fn new(link: BoxLink, shared: &'a Shared, inbox: &'a mut Inbox) -> Self {
        Self { link, shared, inbox, batch: Vec::new(), heard: false, broken: None }
    }

    /// Whether a good packet has been received.
    pub(super) fn heard(&self) -> bool {
        self.heard
    }

    /// Writes and reads until the connection ends.
    pub(super) async fn run(&mut self) -> End {
        loop {
            let shared = self.shared;
            tokio::select! {
                biased;
                end = core::future::poll_fn(|cx| self.poll(cx)) => return end,
                () = shared.changed() => {}
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if self.broken.is_none() {
            match self.poll_write(cx) {
                // A peer may have sent much, and its last word too, before it went.
                Poll::Ready(End::Lost(reason)) if has_gone(&reason) => {
                    self.broken = Some((reason, LAST_TURNS));
                }
                Poll::Ready(end) => return Poll::Ready(end),
                Poll::Pending => {}
            }
        }
        match (self.read(cx), self.broken.take()) {
            (Read::More, None) => {}
            (Read::More, Some((reason, turns @ 1..))) => self.broken = Some((reason, turns - 1)),
            (Read::Nothing, None) => return Poll::Pending,
            (_, Some((reason, _))) | (Read::Ended(reason), None) => {
                return Poll::Ready(End::Lost(reason));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Writes what is in the queue, batch by batch; ready when the connection has ended.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        for _ in 0..BATCHES_A_TURN {
            if self.batch.is_empty() {
                self.fill();
            }
            if self.batch.is_empty() {
                if self.shared.is_done() {
                    let closed = ready!(self.link.as_mut().poll_close(cx));
                    return Poll::Ready(closed.map_or_else(lost, |()| End::Closed));
                }
                return Poll::Pending;
            }
            match ready!(self.link.as_mut().poll_flush(cx)) {
                Ok(()) => self.batch.drain(..).for_each(|ticket| ticket.tell(Ok(()))),
                Err(error) => return Poll::Ready(lost(error)),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Moves packets from the queue into the buffer, as many as go out together.
    fn fill(&mut self) {
        self.shared.drop_stale();
        let (mut taken, mut bytes) = (false, 0);
        while bytes < BATCH {
            let Some(entry) = self.shared.pop() else { break };
            taken = true;
            let length = entry.packet.as_bytes().len();
            match self.link.as_mut().start_send(entry.packet.into_bytes()) {
                Ok(()) => {
                    bytes += length;
                    self.batch.push(entry.ticket);
                }
                Err(error) => {
                    debug!(%error, "packet not sent");
                    self.shared.refused(&error);
                    entry.ticket.tell(Err(error));
                }
            }
        }
        if taken {
            self.shared.tell_room();
        }
    }

    /// Reads what arrives, as far as there is room for it.
    fn read(&mut self, cx: &mut Context<'_>) -> Read {
        for _ in 0..READS_A_TURN {
            match self.poll_read(cx) {
                Poll::Ready(Some(reason)) => return Read::Ended(reason),
                Poll::Ready(None) => {}
                Poll::Pending if has_budget_remaining() => return Read::Nothing,
                // It is other tasks' turn, and that is all.
                Poll::Pending => return Read::More,
            }
        }
        Read::More
    }

    /// Reads one packet; says why it was the end, if it was.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<LostReason>> {
        if let Some(inbox) = &mut self.inbox {
            if ready!(inbox.poll_reserve(cx)).is_err() {
                *self.inbox = None;
            }
        }
        let item = match ready!(self.link.as_mut().poll_next(cx)) {
            Some(Ok(item)) => item,
            Some(Err(error)) => return Poll::Ready(Some(LostReason::Stream(Arc::new(error)))),
            None => return Poll::Ready(Some(LostReason::Closed)),
        };
        self.heard |= item.is_ok();
        if let Some(inbox) = &mut self.inbox {
            // A place has been reserved; if nobody reads any more, that is found next time.
            let _ = inbox.send_item(item);
        }
        Poll::Ready(None)
    }
}

/// What is still in the buffer may have been written or not.
impl Drop for Session<'_> {
    fn drop(&mut self) {
        for ticket in self.batch.drain(..) {
            self.shared.drop_packet(Dropped(ticket, DropCause::Lost));
        }
    }
}

/// Whether it is the peer that has gone, and not one that is there and takes nothing.
fn has_gone(reason: &LostReason) -> bool {
    match reason {
        LostReason::Write(error) => matches!(**error, SendError::Io(_)),
        _ => false,
    }
}

fn lost(error: SendError) -> End {
    End::Lost(LostReason::Write(Arc::new(error)))
}

/// How many bytes go out together: one write for a burst, and not much in front of an urgent one.
const BATCH: usize = 8 * 1024;

/// How much is done before other tasks have their turn.
const BATCHES_A_TURN: usize = 16;
const READS_A_TURN: usize = 64;

/// For how many turns is read what had arrived when the connection broke: far more than the system
/// keeps of it.
const LAST_TURNS: usize = 4096;
