//! How much is handed out before other tasks have their turn.

use core::task::{Context, Poll, ready};

use tokio::task::coop;

/// Has whoever takes packets one by one give way to other tasks, as reading by itself does not: one
/// read may bring thousands of packets.
///
/// A task of tokio has 128 steps before it has to give way. A read takes one, and each so many
/// packets or bytes take another.
#[derive(Debug, Default)]
pub(super) struct Turn {
    packets: usize,
    bytes: usize,
}

impl Turn {
    /// Waits for the next turn if this one is over; the task is woken then.
    #[inline(always)]
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.packets >= PACKETS || self.bytes >= BYTES {
            ready!(self.step(cx));
        }
        Poll::Ready(())
    }

    /// Notes what was handed out.
    #[inline(always)]
    pub(super) fn took(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    #[cold]
    fn step(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.packets >= PACKETS || self.bytes >= BYTES {
            ready!(coop::poll_proceed(cx)).made_progress();
            self.packets = self.packets.saturating_sub(PACKETS);
            self.bytes = self.bytes.saturating_sub(BYTES);
        }
        Poll::Ready(())
    }
}

/// How many packets make a step: 4,096 a turn.
const PACKETS: usize = 32;

/// How many bytes make a step: 1 MiB and one packet a turn.
const BYTES: usize = 8 * 1024;
