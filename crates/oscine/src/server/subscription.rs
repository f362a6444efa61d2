//! Messages as streams, beside the handlers.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use arc_swap::ArcSwap;
use futures::Stream;
use futures::task::AtomicWaker;
use oscine_codec::{FromArgs, Message, Pattern, TimeTag};
use oscine_transport::quiet::Quiet;
use tokio::task::coop::poll_proceed;
use tracing::debug;

use crate::handler::job::Job;
use crate::peer::Peer;

/// How many messages wait for whoever reads a subscription. With one more the oldest goes.
const CAPACITY: usize = 1024;

/// How many bytes these messages have together. With more the oldest go; a longer message waits alone.
const BYTES: usize = 16 << 20;

/// A message that a subscription has caught.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// Who sent it.
    pub peer: Peer,
    /// The time tag that applies to it.
    pub time_tag: TimeTag,
    /// When it was received.
    pub received_at: Instant,
}

/// The messages whose addresses a pattern matches, as they are run: a stream. It ends when the server has stopped.
///
/// Up to 1,024 wait for the reader, of up to 16 MiB together. With more the oldest go, and are counted: see
/// [`missed`](Self::missed). A message that is longer than that waits alone. Dropping it ends the subscription.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
/// use oscine::{Client, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder().udp("127.0.0.1:0").bind().await?;
/// let mut gains = server.handle().subscribe("/mixer/*/gain")?;
/// let client = Client::connect(&server.endpoints()[0]).await?;
/// tokio::spawn(server.serve().into_future());
///
/// client.send(("/mixer/7/gain", 0.5_f32)).await?;
/// let delivery = gains.next().await.expect("the server runs");
/// assert_eq!(delivery.message.address(), "/mixer/7/gain");
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    queue: Arc<Queue>,
}

/// The arguments of the messages that a [`Subscription`] catches, as values of one type.
///
/// Messages with other arguments are passed over.
#[must_use = "dropping a subscription ends it"]
pub struct TypedSubscription<T> {
    inner: Subscription,
    passed_over: u64,
    types: PhantomData<fn() -> T>,
}

/// All subscriptions of a server.
#[derive(Default)]
pub(crate) struct Subscribers {
    queues: ArcSwap<Vec<Arc<Queue>>>,
    /// Whether there are any: looking costs less than loading them.
    some: AtomicBool,
    /// Whether the server has stopped. Held while `queues` change.
    ended: Mutex<bool>,
}

struct Queue {
    pattern: Pattern,
    state: Mutex<State>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Delivery>,
    /// The bytes of those messages.
    bytes: usize,
    missed: u64,
    /// Keeps the log quiet about those missed.
    quiet: Quiet,
    /// Nobody writes any more.
    ended: bool,
    /// Nobody reads any more.
    dropped: bool,
}

impl Subscribers {
    pub(crate) fn subscribe(&self, pattern: Pattern) -> Subscription {
        let queue = Arc::new(Queue { pattern, state: Mutex::default(), waker: AtomicWaker::new() });
        self.edit(|queues, ended| {
            // Those that nothing matches are dropped without anybody noticing.
            queues.retain(|queue| !queue.state().dropped);
            if *ended {
                queue.state().ended = true;
            } else {
                queues.push(Arc::clone(&queue));
            }
        });
        Subscription { queue }
    }

    /// Shows a message to all whose patterns match its address.
    #[inline]
    pub(crate) fn show(&self, job: &Job<'_>) {
        if self.some.load(Ordering::Acquire) {
            job.context.wait();
            self.show_to_some(job);
        }
    }

    fn show_to_some(&self, job: &Job<'_>) {
        let Job { message, time_tag, context, .. } = job;
        let queues = self.queues.load();
        let mut dropped = false;
        let mut delivery = None;
        let address = message.address();
        let sent = Pattern::is_pattern(address).then(|| Pattern::new(address).ok());
        for queue in &**queues {
            let matches = match &sent {
                None => queue.pattern.matches(address),
                Some(sent) => sent.as_ref().is_some_and(|sent| queue.pattern.overlaps(sent)),
            };
            if matches {
                let delivery = delivery.get_or_insert_with(|| Delivery {
                    message: Message::from(**message),
                    peer: context.peer.clone(),
                    time_tag: *time_tag,
                    received_at: context.received_at.get(),
                });
                dropped |= !queue.push(delivery.clone());
            }
        }
        if dropped {
            self.edit(|queues, _| queues.retain(|queue| !queue.state().dropped));
        }
    }

    /// Ends all subscriptions: what waits can still be read.
    pub(crate) fn end(&self) {
        self.edit(|queues, ended| {
            *ended = true;
            for queue in queues.drain(..) {
                queue.state().ended = true;
                queue.waker.wake();
            }
        });
    }

    fn edit(&self, change: impl FnOnce(&mut Vec<Arc<Queue>>, &mut bool)) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let mut queues = Vec::clone(&self.queues.load());
        change(&mut queues, &mut ended);
        let some = !queues.is_empty();
        self.queues.store(Arc::new(queues));
        self.some.store(some, Ordering::Release);
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message; says whether somebody reads.
    fn push(&self, delivery: Delivery) -> bool {
        let mut state = self.state();
        if state.dropped {
            return false;
        }
        let size = delivery.message.as_bytes().len();
        while state.waiting.len() >= CAPACITY || state.bytes.saturating_add(size) > BYTES {
            if state.pop().is_none() {
                break;
            }
            state.missed += 1;
            if let Some(held_back) = state.quiet.admit(Instant::now().into()) {
                let pattern = self.pattern.as_str();
                debug!(pattern, held_back, "dropped, as a subscription is not read");
            }
        }
        state.bytes += size;
        state.waiting.push_back(delivery);
        drop(state);
        self.waker.wake();
        true
    }
}

impl State {
    /// Takes the oldest that waits.
    fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.waiting.pop_front()?;
        self.bytes -= delivery.message.as_bytes().len();
        Some(delivery)
    }
}

impl Subscription {
    /// How many messages went because 1,024 waited already, or 16 MiB of them.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.queue.state().missed
    }

    /// The arguments alone, as values of one type.
    pub(crate) fn typed<T>(self) -> TypedSubscription<T> {
        TypedSubscription { inner: self, passed_over: 0, types: PhantomData }
    }
}

impl Stream for Subscription {
    type Item = Delivery;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        // As quick as messages may come: other tasks get their turn all the same.
        let coop = ready!(poll_proceed(cx));
        self.queue.waker.register(cx.waker());
        let mut state = self.queue.state();
        let next = match state.pop() {
            Some(delivery) => Poll::Ready(Some(delivery)),
            None if state.ended => Poll::Ready(None),
            None => return Poll::Pending,
        };
        coop.made_progress();
        next
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.dropped = true;
        (state.waiting, state.bytes) = (VecDeque::new(), 0);
    }
}

impl<T> TypedSubscription<T> {
    /// How many messages went because 1,024 waited already, or 16 MiB of them.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.inner.missed()
    }

    /// How many messages had other arguments.
    #[must_use]
    pub const fn passed_over(&self) -> u64 {
        self.passed_over
    }
}

impl<T: for<'a> FromArgs<'a>> Stream for TypedSubscription<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        loop {
            let next = Pin::new(&mut this.inner).poll_next(cx);
            let Some(delivery) = ready!(next) else { return Poll::Ready(None) };
            match delivery.message.args().parse_coercing::<T>() {
                Ok(values) => return Poll::Ready(Some(values)),
                Err(_) => this.passed_over += 1,
            }
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("pattern", &self.queue.pattern).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for TypedSubscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedSubscription").field(&self.inner).finish()
    }
}

impl fmt::Debug for Subscribers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscribers").field(&self.queues.load().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_ones_that_nothing_matched_do_not_pile_up() {
        let all = Subscribers::default();
        let pattern = Pattern::new("/never").unwrap();
        let kept = all.subscribe(pattern.clone());
        for _ in 0..100 {
            drop(all.subscribe(pattern.clone()));
        }
        assert!(all.queues.load().len() <= 2, "{all:?}");
        assert!(all.queues.load().iter().any(|queue| Arc::ptr_eq(queue, &kept.queue)));
    }
}
