//! The one task behind a sink that bundles.

use std::sync::{Arc, Mutex, PoisonError};

use futures::{Sink, SinkExt};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tracing::debug;

use crate::bundling::item::Item;
use crate::bundling::packer::{Limits, Packer, Ready};
use crate::send_error::SendError;

/// What a handle asks of the task.
#[derive(Debug)]
pub(super) enum Command<I> {
    Send(I),
    /// To send everything that waits, and to tell how that went.
    Flush(oneshot::Sender<Result<(), SendError>>),
}

/// The first error that nobody was told yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Fault(Arc<Mutex<Option<SendError>>>);

impl Fault {
    pub(super) fn take(&self) -> Result<(), SendError> {
        let error = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        error.map_or(Ok(()), Err)
    }

    fn note(&self, error: SendError) {
        debug!(%error, "sending failed");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// The one task behind a sink that bundles: it holds the sink, and sends when it is time.
pub(super) struct Task<I: Item, S> {
    sink: S,
    commands: mpsc::Receiver<Command<I>>,
    packer: Packer<I::Target>,
    ready: Ready<I::Target>,
    fault: Fault,
}

impl<I: Item, S: Sink<I, Error = SendError> + Unpin> Task<I, S> {
    pub(super) fn new(
        sink: S,
        commands: mpsc::Receiver<Command<I>>,
        limits: Limits,
        fault: Fault,
    ) -> Self {
        Self { sink, commands, packer: Packer::new(limits), ready: Ready::new(), fault }
    }

    /// Runs until all handles are gone, then sends the rest and closes the sink.
    pub(super) async fn run(mut self) {
        let mut commands = Vec::new();
        while self.wait(&mut commands).await {
            let now = Instant::now();
            for command in commands.drain(..) {
                match command {
                    Command::Send(item) => {
                        let (packet, target) = item.split();
                        self.packer.push(packet, target, now, &mut self.ready);
                    }
                    Command::Flush(tell) => {
                        self.packer.take_all(&mut self.ready);
                        self.send().await;
                        // Whoever does not wait for it any more is told by the next call.
                        if let Err(Err(error)) = tell.send(self.fault.take()) {
                            self.fault.note(error);
                        }
                    }
                }
            }
            self.packer.take_due(now, &mut self.ready);
            self.send().await;
        }
        self.packer.take_all(&mut self.ready);
        self.send().await;
        if let Err(error) = self.sink.close().await {
            self.fault.note(error);
        }
    }

    /// Waits until there are commands, or something is due; answers with whether to go on.
    async fn wait(&mut self, commands: &mut Vec<Command<I>>) -> bool {
        let received = self.commands.recv_many(commands, COMMANDS_A_TURN);
        match self.packer.next_due() {
            None => received.await > 0,
            Some(due) => tokio::select! {
                biased;
                count = received => count > 0,
                () = sleep_until(due) => true,
            },
        }
    }

    /// Sends what is ready, and waits until the system has it.
    async fn send(&mut self) {
        if self.ready.is_empty() {
            return;
        }
        while let Some((packet, target)) = self.ready.pop_front() {
            if let Err(error) = self.sink.feed(I::join(packet, target)).await {
                self.fault.note(error);
            }
        }
        if let Err(error) = self.sink.flush().await {
            self.fault.note(error);
        }
    }
}

/// How many packets are put together before what is ready is sent.
const COMMANDS_A_TURN: usize = 256;
