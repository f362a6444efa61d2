//! The end of the queue that the loop reads.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::server::alive::Alive;
use crate::server::inbound::Inbound;

/// The end of the queue that the loop reads. When it is dropped, what waits is dropped with it; what whoever has a place
/// already still puts there is dropped when all tasks have gone, and not with the last handle.
pub(crate) struct Inbox {
    pub(crate) receiver: mpsc::Receiver<Inbound>,
    alive: Arc<Alive>,
}

impl Inbox {
    pub(crate) const fn new(receiver: mpsc::Receiver<Inbound>, alive: Arc<Alive>) -> Self {
        Self { receiver, alive }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.receiver.close();
        while self.receiver.try_recv().is_ok() {}
        let (_, closed) = mpsc::channel(1);
        self.alive.keep(std::mem::replace(&mut self.receiver, closed));
    }
}
