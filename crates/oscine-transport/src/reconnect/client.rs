//! A client that keeps a connection alive.

use core::{
    pin::Pin,
    task::{Context, Poll},
};
use std::sync::Arc;

use futures::Stream;
use oscine_codec::Packet;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

use crate::codec::bad_packet::BadPacket;
use crate::reconnect::connector::Connector;
use crate::reconnect::role::Reconnect;
use crate::reconnect::sender::Sender;
use crate::reconnect::sent::Sent;
use crate::reconnect::shared::Shared;
use crate::reconnect::state::{State, States};
use crate::reconnect::task::Task;
use crate::send_error::SendError;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;

/// A client that keeps a connection alive: a stream of what arrives, and a queue of packets to
/// send.
///
/// The stream goes on across connections and ends when the client is closed. The
/// [module page](crate::reconnect) tells what becomes of packets.
///
/// One task runs it. Dropping the client ends that task and the connection; packets that wait are
/// not sent. [`close`](Self::close) sends them first.
#[derive(Debug)]
pub struct Reconnecting {
    sender: Sender,
    received: mpsc::Receiver<Result<Packet, BadPacket>>,
    task: JoinHandle<()>,
}

impl Reconnecting {
    /// Starts the task.
    pub(super) fn start(
        connector: Connector,
        role: Reconnect,
        max_frame: usize,
        counters: Arc<Counters>,
    ) -> Self {
        let Reconnect { bounds, pace, inbox, .. } = role;
        let shared = Arc::new(Shared::new(bounds, max_frame, counters));
        let (arrived, received) = mpsc::channel(inbox.unwrap_or(1).max(1));
        let arrived = inbox.map(|_| arrived);
        let task = Task::new(Arc::clone(&shared), connector, pace, arrived);
        Self { sender: Sender::new(shared), received, task: tokio::spawn(task.run()) }
    }

    /// Waits until everything queued has been handed to the system, then ends the connection.
    ///
    /// From the first call on nothing more is accepted. While there is no connection it tries to
    /// make one, if anything waits. It all takes no longer than the
    /// [grace](crate::connection::Builder::grace); what was not sent by then is counted
    /// under [`DropCause::Offline`](crate::stats::DropCause::Offline) or
    /// [`Lost`](crate::stats::DropCause::Lost). What has arrived can be read after it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, closing goes on; call it again to wait
    /// for it.
    pub async fn close(&self) {
        self.sender.shared().close();
        let mut states = self.states_receiver();
        // An error would say that the client is gone, which cannot be.
        let _ = states.wait_for(|state| matches!(state, State::Closed)).await;
    }

    /// Queues a packet, as [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::send`].
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the packet was not queued.
    pub async fn send(&self, packet: impl Into<Packet>) -> Result<Sent, SendError> {
        self.sender.send(packet).await
    }

    /// Queues a packet without waiting for room, as [`Sender::try_send`].
    ///
    /// # Errors
    ///
    /// As [`Sender::try_send`].
    pub fn try_send(&self, packet: impl Into<Packet>) -> Result<Sent, SendError> {
        self.sender.try_send(packet)
    }

    /// Queues a packet in front of all that are not urgent, as [`Sender::urgent`].
    ///
    /// # Errors
    ///
    /// As [`Sender::urgent`].
    pub fn urgent(&self, packet: impl Into<Packet>) -> Result<Sent, SendError> {
        self.sender.urgent(packet)
    }

    /// Waits until there is a connection. After the client was closed it returns at once.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. It changes nothing.
    pub async fn connected(&self) {
        let ready = |state: &State| state.is_connected() || matches!(state, State::Closed);
        let _ = self.states_receiver().wait_for(ready).await;
    }

    /// The sending half, for other tasks.
    #[must_use]
    pub fn sender(&self) -> Sender {
        self.sender.clone()
    }

    /// How the client stands now.
    #[must_use]
    pub fn state(&self) -> State {
        self.sender.shared().state().borrow().clone()
    }

    /// How the client stands, now and whenever that changes.
    #[must_use]
    pub fn states(&self) -> States {
        States::new(self.states_receiver())
    }

    /// What has gone through all connections so far.
    ///
    /// [`sent`](Stats::sent) counts what was put into the buffer of a connection. Without the
    /// packets dropped as `lost`, it is what was handed to the system.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.sender.shared().counters.read()
    }

    /// The counters of all connections.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.sender.shared().counters
    }

    fn states_receiver(&self) -> watch::Receiver<State> {
        self.sender.shared().state().subscribe()
    }
}

impl Stream for Reconnecting {
    type Item = Result<Packet, BadPacket>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.received.poll_recv(cx)
    }
}

impl Drop for Reconnecting {
    fn drop(&mut self) {
        self.task.abort();
    }
}
