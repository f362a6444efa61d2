//! Sending the newest value of each address.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oscine_codec::{Message, ToArgs};
use oscine_transport::SendError;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;

use crate::client::client::Client;
use crate::client::error::ClientError;
use crate::client::latest::{LatestWins, MOST_ADDRESSES};
use crate::client::sender::ClientSender;

impl Client {
    /// Sends messages no more often than one in `interval` for each address: the newest wins. It is
    /// for faders and sensors that move faster than the peer, or anybody, can follow.
    ///
    /// What is sent by other ways of the client is not held up by it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use oscine::Client;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut mixer = Client::udp("mixer.local:10023").await?;
    /// let faders = mixer.latest_wins(Duration::from_millis(20));
    /// for step in 0..=100_u16 {
    ///     faders.send("/ch/01/mix/fader", f32::from(step) / 100.0)?;
    /// }
    /// // The last value goes out in any case.
    /// mixer.close().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn latest_wins(&mut self, interval: Duration) -> LatestSender {
        let kept = Arc::new(Kept {
            latest: Mutex::new(Some(LatestWins::new(interval))),
            replaced: AtomicU64::new(0),
            changed: Notify::new(),
        });
        let over = CancellationToken::new();
        let sender = self.sender();
        let finishing = self.tasks.finishing();
        let task = send_when_due(sender.clone(), Arc::clone(&kept), over.clone(), finishing);
        self.tasks.add(task);
        LatestSender { sender, kept, _over: Arc::new(over.drop_guard()) }
    }
}

/// Sends the newest value of each address, no more often than so; see [`Client::latest_wins`].
///
/// It is cheap to clone; clones share what they keep, which is one message for each of up to 1,024
/// addresses. When the last one is dropped, what is kept still goes out at its time. When the client
/// is dropped, it does not; [`Client::close`] sends it first.
#[derive(Debug, Clone)]
pub struct LatestSender {
    sender: ClientSender,
    kept: Arc<Kept>,
    _over: Arc<DropGuard>,
}

#[derive(Debug)]
struct Kept {
    /// `None` when nothing more is taken.
    latest: Mutex<Option<LatestWins>>,
    replaced: AtomicU64,
    changed: Notify,
}

impl LatestSender {
    /// Sends a message at once, or at the end of its address's interval if no newer one comes. Never
    /// waits.
    ///
    /// # Errors
    ///
    /// [`ClientError::Encode`], [`ClientError::TooManyAddresses`], and [`ClientError::Send`] when the
    /// client is closed. That sending failed later is told in the log, at level debug.
    pub fn send(&self, address: impl AsRef<str>, args: impl ToArgs) -> Result<(), ClientError> {
        self.send_message(Message::new(address, args)?)
    }

    /// Sends a message that is built already, as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_message(&self, message: Message) -> Result<(), ClientError> {
        self.sender.shared.way()?;
        {
            let mut latest = self.kept.latest();
            let latest = latest.as_mut().ok_or(SendError::Closed)?;
            if !latest.offer(Instant::now().into_std(), message) {
                return Err(ClientError::TooManyAddresses { limit: MOST_ADDRESSES });
            }
            self.kept.replaced.store(latest.replaced(), Relaxed);
        }
        self.kept.changed.notify_one();
        Ok(())
    }

    /// How many messages gave way to newer ones.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.kept.replaced.load(Relaxed)
    }
}

impl Kept {
    fn latest(&self) -> MutexGuard<'_, Option<LatestWins>> {
        // Nothing under the lock panics half way through.
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn due(&self) -> Option<Message> {
        self.latest().as_mut()?.due(Instant::now().into_std())
    }

    /// Takes what waits, whether its time has come or not. When nothing does, nothing more is taken.
    fn hurry(&self) -> Option<Message> {
        let mut latest = self.latest();
        let message = latest.as_mut()?.hurry();
        if message.is_none() {
            *latest = None;
        }
        message
    }

    fn is_empty(&self) -> bool {
        self.latest().as_ref().is_none_or(LatestWins::is_empty)
    }

    /// Waits until something is due, or was put in line.
    async fn wait(&self) {
        let due = { self.latest().as_ref().and_then(LatestWins::next_due) };
        match due {
            None => self.changed.notified().await,
            Some(due) => tokio::select! {
                () = self.changed.notified() => {}
                () = sleep_until(due.into()) => {}
            },
        }
    }
}

/// The one task of a [`LatestSender`]. All messages go through it, so that they stay in order; and
/// while the peer takes none, newer ones take the places of those that wait.
async fn send_when_due(
    sender: ClientSender,
    kept: Arc<Kept>,
    over: CancellationToken,
    finishing: CancellationToken,
) {
    while !finishing.is_cancelled() {
        if let Some(message) = kept.due() {
            send(&sender, message).await;
            continue;
        }
        if over.is_cancelled() && kept.is_empty() {
            return;
        }
        tokio::select! {
            () = kept.wait() => {}
            () = over.cancelled(), if !over.is_cancelled() => {}
            () = finishing.cancelled() => {}
        }
    }
    while let Some(message) = kept.hurry() {
        send(&sender, message).await;
    }
}

async fn send(sender: &ClientSender, message: Message) {
    if let Err(error) = sender.send(message).await {
        debug!(%error, "value not sent");
    }
}
