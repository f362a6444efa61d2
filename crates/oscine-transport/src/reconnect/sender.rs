//! The sending half of a client, for many tasks.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::sync::Arc;

use futures::Sink;
use oscine_codec::Packet;
use tokio::sync::futures::OwnedNotified;

use crate::reconnect::queue::Lane;
use crate::reconnect::sent::Sent;
use crate::reconnect::shared::Shared;
use crate::send_error::SendError;

/// Sends through a [`Reconnecting`](crate::reconnect::Reconnecting) client, in any task.
///
/// It is cheap to clone, and does not keep the client alive: when that is closed or dropped,
/// sending fails with [`SendError::Closed`].
///
/// As a [`Sink`] it is ready when there is room, and flushing does not wait: what became of a
/// packet is told by [`Sent`] alone. Closing the sink closes nothing.
#[derive(Debug)]
pub struct Sender {
    shared: Arc<Shared>,
    /// What this sink waits for, if there was no room.
    room: Option<Pin<Box<OwnedNotified>>>,
}

impl Sender {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, room: None }
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Queues a packet. While there is a connection it waits for room in the queue; while there is
    /// none it does not wait, and [`WhileDown`](crate::reconnect::WhileDown) decides.
    ///
    /// Queued is not written: await what it returns to know more, or drop it.
    ///
    /// # Errors
    ///
    /// [`SendError::TooLong`], [`SendError::Closed`], and while there is no connection
    /// [`SendError::Full`] or [`SendError::Offline`] if the policy says so.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the packet was not queued.
    pub async fn send(&self, packet: impl Into<Packet>) -> Result<Sent, SendError> {
        self.shared.send(packet.into()).await
    }

    /// Queues a packet without waiting for room.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`] if it would have to wait.
    pub fn try_send(&self, packet: impl Into<Packet>) -> Result<Sent, SendError> {
        self.shared.try_send(packet.into(), Lane::Plain)
    }

    /// Queues a packet in front of all that are not urgent, without waiting for room.
    ///
    /// It never cuts into a packet that is being written; up to 8 KiB that were taken from the
    /// queue already, and what the system has, go out before it. Urgent packets have a queue of
    /// their own, of the same length, and keep their order among each other.
    ///
    /// # Errors
    ///
    /// As [`try_send`](Self::try_send).
    pub fn urgent(&self, packet: impl Into<Packet>) -> Result<Sent, SendError> {
        self.shared.try_send(packet.into(), Lane::Urgent)
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

impl Sink<Packet> for Sender {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        loop {
            if let Some(room) = &mut self.room {
                ready!(room.as_mut().poll(cx));
                self.room = None;
            }
            if self.shared.has_room()? {
                return Poll::Ready(Ok(()));
            }
            let room = Arc::clone(self.shared.room()).notified_owned();
            // Asked again, as there may have been room in between.
            if self.shared.has_room()? {
                return Poll::Ready(Ok(()));
            }
            self.room = Some(Box::pin(room));
        }
    }

    fn start_send(self: Pin<&mut Self>, packet: Packet) -> Result<(), SendError> {
        self.shared.send_promised(packet)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }
}
