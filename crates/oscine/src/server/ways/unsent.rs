//! What has been handed over and has not left.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc;
use tracing::debug;

use crate::server::outside::counters::Counters;

/// Packets that wait to be sent, in order. Those that are left when this is dropped are counted: they were handed over,
/// and are not sent.
#[derive(Debug)]
pub(crate) struct Unsent<T> {
    packets: mpsc::Receiver<T>,
    counters: Arc<Counters>,
    /// Whether one is out of line and being sent.
    under_way: bool,
}

impl<T> Unsent<T> {
    /// Room for so many, and what puts them there.
    pub(crate) fn new(room: usize, counters: &Arc<Counters>) -> (mpsc::Sender<T>, Self) {
        let (sender, packets) = mpsc::channel(room);
        (sender, Self { packets, counters: Arc::clone(counters), under_way: false })
    }

    /// The next one. What becomes of it is for the caller to count.
    pub(crate) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.packets.poll_recv(cx)
    }

    /// The next one, as [`recv`](Self::recv).
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.under_way = false;
        let next = ready!(self.packets.poll_recv(cx));
        self.under_way = next.is_some();
        Poll::Ready(next)
    }

    /// Waits for the next one, of which [`settle`](Self::settle) is to say what became of it, unless it is sent: whoever asks
    /// for the one after it says so. Cancel safe.
    pub(crate) async fn recv(&mut self) -> Option<T> {
        let next = self.packets.recv().await;
        self.under_way = next.is_some();
        next
    }

    /// The next one, if there is one, as [`recv`](Self::recv).
    pub(crate) fn try_recv(&mut self) -> Option<T> {
        let next = self.packets.try_recv().ok();
        self.under_way = next.is_some();
        next
    }

    /// Notes what became of the last one.
    pub(crate) fn settle(&mut self, sent: bool) {
        self.under_way = false;
        if !sent {
            self.counters.send_failures.add(1);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Takes no more. What waits can still be sent.
    pub(crate) fn close(&mut self) {
        self.packets.close();
    }

    /// Takes no more, and gives up what waits.
    pub(crate) fn give_up(&mut self) {
        self.packets.close();
        let mut left = usize::from(std::mem::take(&mut self.under_way));
        while self.packets.try_recv().is_ok() {
            left += 1;
        }
        if left > 0 {
            self.counters.send_failures.add(left);
            debug!(left, "packets not sent, as their way out has gone");
        }
    }
}

impl<T> Drop for Unsent<T> {
    fn drop(&mut self) {
        self.give_up();
    }
}
