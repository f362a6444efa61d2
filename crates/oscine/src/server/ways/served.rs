//! A client whose peer's packets a server runs.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use oscine_transport::StreamError;

use crate::client::client::Client;
use crate::client::inlet::Item;
use crate::peer::Peer;
use crate::server::endpoint::port::{Port, PortState};

/// A client that the loop reads by itself.
pub(crate) struct Served {
    /// Whoever sends to the peer has it as well.
    client: Arc<Client>,
    pub(crate) port: Arc<Port>,
    pub(crate) peer: Peer,
    /// By which number its connection is known; a client that reconnects has one for all.
    connection: u64,
    /// What was read and has not run yet; it stays here if whoever waited for it gives up.
    arrived: Option<Arrived>,
    ended: bool,
}

/// What came back, and when it was read; `None` when nothing more comes.
pub(crate) struct Arrived {
    pub(crate) item: Option<Item>,
    pub(crate) at: Instant,
}

impl Served {
    pub(crate) fn new(client: Arc<Client>, port: Arc<Port>, connection: u64) -> Self {
        let peer = client.as_peer(port.number, connection);
        Self { client, port, peer, connection, arrived: None, ended: false }
    }

    /// What broke the connection, if it has not just been closed.
    pub(crate) fn fault(&self) -> Option<Arc<StreamError>> {
        self.client.fault()
    }

    /// Ready when there is something to run.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.arrived.is_none() && !self.ended && self.port.state() == PortState::Open {
            let Poll::Ready(item) = self.client.sender.shared.hub.poll_next(cx) else {
                return Poll::Pending;
            };
            self.arrived = Some(Arrived { item, at: Instant::now() });
        }
        if self.arrived.is_some() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Takes what was found by polling, if it is still there.
    pub(crate) fn take(&mut self) -> Option<Arrived> {
        let arrived = self.arrived.take()?;
        self.ended = arrived.item.is_none();
        if self.client.state().is_some() {
            let peer = self.client.as_peer(self.port.number, self.connection);
            // It may be somebody else since the connection was made again. While there is none nobody is there, and what is
            // still read is of who was: rules, and what was learned of its clock, hold for it.
            if !matches!(peer, Peer::Stream { .. }) {
                self.peer = peer;
            }
        }
        Some(arrived)
    }
}

/// A client that has something, and its place.
pub(crate) fn poll_clients(clients: &mut [Served], cx: &mut Context<'_>) -> Poll<usize> {
    let ready = clients.iter_mut().position(|client| client.poll(cx).is_ready());
    ready.map_or(Poll::Pending, Poll::Ready)
}
