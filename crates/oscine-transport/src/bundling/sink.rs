//! A sink that bundles.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{FutureExt, Sink};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};
use tokio_util::sync::PollSender;

use crate::bundling::item::Item;
use crate::bundling::packer::Limits;
use crate::bundling::task::{Command, Fault, Task};
use crate::send_error::SendError;

/// A sink that sends small messages together, in bundles; see the [module page](crate::bundling).
///
/// One task holds the sink below, and ends when this and all its clones are dropped or closed: then
/// what waits is sent, and the sink is closed. Handles may be cloned for other tasks.
pub struct Bundling<I: Item> {
    commands: PollSender<Command<I>>,
    fault: Fault,
    /// The answer to a flush that is going on.
    flushing: Option<oneshot::Receiver<Result<(), SendError>>>,
}

/// The options of [`Bundling`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it has a sink"]
pub struct BundlingBuilder {
    limits: Limits,
}

impl Bundling<oscine_codec::Packet> {
    /// Begins to set options.
    pub fn builder() -> BundlingBuilder {
        BundlingBuilder { limits: Limits { delay: DELAY, size: SIZE } }
    }
}

impl BundlingBuilder {
    /// Sets how long a message may wait for others: 1 ms by default.
    ///
    /// It counts from the first of a bundle. 1 ms is the resolution of the timer, and less than
    /// what anybody hears; a longer one makes larger bundles of slow streams. The system may wake
    /// the program a little later. At most a day.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.limits.delay = delay.min(LONGEST);
        self
    }

    /// Sets how large a bundle may be, in bytes: 1,452 by default.
    ///
    /// It is what a packet of an Ethernet carries over IPv6 and UDP (1,500 without 40 and 8), and
    /// some twenty more fit over IPv4. A larger datagram is cut into pieces on its way, and lost
    /// when one of them is. Over TCP there is no such border. Messages that are too large for a
    /// bundle go out by themselves. Worst-case memory use is this for each of 1,024 targets.
    pub fn size(mut self, bytes: usize) -> Self {
        self.limits.size = bytes;
        self
    }

    /// Puts a sink behind it.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use = "dropping it closes the sink"]
    pub fn wrap<I, S>(self, sink: S) -> Bundling<I>
    where
        I: Item,
        S: Sink<I, Error = SendError> + Send + Unpin + 'static,
    {
        let (commands, waiting) = mpsc::channel(QUEUE);
        let fault = Fault::default();
        tokio::spawn(Task::new(sink, waiting, self.limits, fault.clone()).run());
        Bundling { commands: PollSender::new(commands), fault, flushing: None }
    }
}

impl<I: Item> Bundling<I> {
    /// Puts a sink behind one with the default options.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn new<S>(sink: S) -> Self
    where
        S: Sink<I, Error = SendError> + Send + Unpin + 'static,
    {
        Bundling::builder().wrap(sink)
    }

    /// Hands over a packet, which leaves within the delay; waits while 1,024 are on their way.
    ///
    /// Unlike `SinkExt::send` it does not flush.
    ///
    /// # Errors
    ///
    /// What went wrong with a packet handed over before, if nobody was told yet; this one is then
    /// not handed over. [`SendError::Closed`] after closing.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the packet was not handed over.
    pub async fn send(&self, item: I) -> Result<(), SendError> {
        self.fault.take()?;
        let commands = self.commands.get_ref().ok_or(SendError::Closed)?;
        commands.send(Command::Send(item)).await.map_err(|_| SendError::Closed)
    }

    /// Hands over a packet without waiting.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`] if it would have to wait.
    pub fn try_send(&self, item: I) -> Result<(), SendError> {
        self.fault.take()?;
        let commands = self.commands.get_ref().ok_or(SendError::Closed)?;
        commands.try_send(Command::Send(item)).map_err(|error| match error {
            TrySendError::Full(_) => SendError::Full,
            TrySendError::Closed(_) => SendError::Closed,
        })
    }
}

impl<I: Item> Clone for Bundling<I> {
    fn clone(&self) -> Self {
        Self { commands: self.commands.clone(), fault: self.fault.clone(), flushing: None }
    }
}

impl<I: Item> Sink<I> for Bundling<I> {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.fault.take()?;
        self.commands.poll_reserve(cx).map_err(|_| SendError::Closed)
    }

    fn start_send(mut self: Pin<&mut Self>, item: I) -> Result<(), SendError> {
        // A flush that nobody waited for to the end knows nothing of this one.
        self.flushing = None;
        self.commands.send_item(Command::Send(item)).map_err(|_| SendError::Closed)
    }

    /// Sends at once what waits, also what was handed over by others, and waits until the sink
    /// below has been flushed.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        loop {
            if let Some(flushing) = &mut self.flushing {
                let told = ready!(flushing.poll_unpin(cx));
                self.flushing = None;
                return Poll::Ready(told.unwrap_or(Err(SendError::Closed)));
            }
            ready!(self.commands.poll_reserve(cx)).map_err(|_| SendError::Closed)?;
            let (tell, told) = oneshot::channel();
            self.commands.send_item(Command::Flush(tell)).map_err(|_| SendError::Closed)?;
            self.flushing = Some(told);
        }
    }

    /// Flushes, and gives this handle up. The sink below is closed when all have been.
    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.commands.is_closed() {
            return Poll::Ready(self.fault.take());
        }
        let flushed = ready!(self.as_mut().poll_flush(cx));
        self.commands.close();
        Poll::Ready(flushed)
    }
}

impl<I: Item> fmt::Debug for Bundling<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundling").finish_non_exhaustive()
    }
}

/// How long a message may wait for others.
const DELAY: Duration = Duration::from_millis(1);

/// The longest delay, so that its end can be counted.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What fits a packet of an Ethernet, over IPv6 and UDP.
const SIZE: usize = 1_500 - 40 - 8;

/// How many packets may be on their way to the task.
const QUEUE: usize = 1_024;
