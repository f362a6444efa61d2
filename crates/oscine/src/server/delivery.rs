//! From a task that reads to the loop that runs.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::sync::mpsc;
use tokio_util::sync::PollSender;

use crate::peer::Peer;
use crate::server::inbound::{Delivered, Inbound, Read};
use crate::server::port::Port;
use crate::server::shared::Shared;

/// Hands over what one reader reads, and knows when all of it has been run.
pub(crate) struct Delivery {
    shared: Arc<Shared>,
    port: Arc<Port>,
    inbox: PollSender<Inbound>,
    /// What was read and waits for a place.
    read: Option<Delivered>,
    /// Cloned for each delivery; `None` when nothing more is read.
    unhandled: Option<mpsc::Sender<Infallible>>,
    all_handled: mpsc::Receiver<Infallible>,
}

/// What was read, from whom, and when.
pub(crate) struct Arrival {
    pub(crate) what: Read,
    pub(crate) peer: Peer,
    pub(crate) at: Instant,
}

impl Delivery {
    pub(crate) fn new(
        shared: &Arc<Shared>,
        port: &Arc<Port>,
        (unhandled, all_handled): (mpsc::Sender<Infallible>, mpsc::Receiver<Infallible>),
    ) -> Self {
        let inbox = PollSender::new(shared.inbox.clone());
        let (shared, port) = (Arc::clone(shared), Arc::clone(port));
        Self { shared, port, inbox, read: None, unhandled: Some(unhandled), all_handled }
    }

    /// Hands over what `read` brings, and is through when it brings no more and all has been run.
    ///
    /// It waits when the server is behind: that slows this peer down, and no other.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut read: impl FnMut(&mut Context<'_>) -> Poll<Option<Arrival>>,
    ) -> Poll<()> {
        while let Some(unhandled) = &self.unhandled {
            if self.read.is_some() {
                // Only who has something asks for a place: those who wait in silence must not keep others from it.
                if ready!(self.inbox.poll_reserve(cx)).is_err() {
                    // The server has stopped.
                    return Poll::Pending;
                }
                let Some(mut delivered) = self.read.take() else { continue };
                delivered.unhandled = Some(unhandled.clone());
                // There is a place, and whoever reads goes only when the server stops.
                let _ = self.inbox.send_item(Inbound::Delivered(delivered));
            }
            match ready!(read(cx)) {
                None => self.unhandled = None,
                Some(Arrival { what, peer, at }) => {
                    let (port, stop) = (Arc::clone(&self.port), self.shared.stop.clone());
                    let (begun, unhandled) = (0, None);
                    self.read = Some(Delivered { what, peer, port, at, begun, stop, unhandled });
                }
            }
        }
        self.all_handled.poll_recv(cx).map(|_| ())
    }

    /// Gives a place back that came free meanwhile: as long as nothing is handed over, it would be kept from all others.
    pub(crate) fn pause(&mut self) {
        self.inbox.abort_send();
    }
}
