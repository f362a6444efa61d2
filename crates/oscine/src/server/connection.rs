//! One connection of a server.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use oscine_transport::SendError;
use oscine_transport::connection::Connection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::fault::Fault;
use crate::peer::Peer;
use crate::server::delivery::{Arrival, Delivery};
use crate::server::inbound::Read;
use crate::server::outbound::Queued;
use crate::server::port::Port;
use crate::server::shared::Shared;
use crate::server::two_way::{TwoWay, talk};
use crate::server::unsent::Unsent;

/// Carries packets both ways: neither direction waits for the other.
pub(crate) struct Conversation<'a, S> {
    connection: Connection<S>,
    shared: &'a Arc<Shared>,
    port: &'a Arc<Port>,
    peer: &'a Peer,
    /// What is to be sent.
    queue: Unsent<Queued>,
    /// Whether it is told if the last one out of line cannot be sent.
    told: bool,
    /// Why nothing is sent any more.
    deaf: Option<SendError>,
    delivery: Delivery,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Conversation<'a, S> {
    pub(crate) fn new(
        connection: Connection<S>,
        shared: &'a Arc<Shared>,
        port: &'a Arc<Port>,
        peer: &'a Peer,
        queue: Unsent<Queued>,
        handled: (mpsc::Sender<Infallible>, mpsc::Receiver<Infallible>),
    ) -> Self {
        let delivery = Delivery::new(shared, port, handled);
        Self { connection, shared, port, peer, queue, told: true, deaf: None, delivery }
    }

    /// Runs until either end has had enough, or the server stops. What was handed over before is sent then.
    pub(crate) async fn run(mut self, kicked: &CancellationToken) {
        let (shared, port) = (self.shared, self.port);
        let end = tokio::select! {
            end = talk(&mut self, port) => end,
            () = kicked.cancelled() => None,
            () = shared.over.cancelled() => None,
        };
        match end {
            Some(Err(error)) => {
                debug!(peer = %self.peer, %error, "connection broken");
                // Any other has been told.
                if matches!(error, SendError::Stalled { .. }) {
                    shared.tell_unsent(self.peer, &error, true);
                }
            }
            _ => self.say_goodbye().await,
        }
    }

    /// Sends what waits. Fails only when the connection is broken.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        loop {
            let Self { connection, queue, told, .. } = self;
            let next = |cx: &mut Context<'_>| {
                let next = ready!(queue.poll_recv(cx));
                *told = next.as_ref().is_some_and(|queued| queued.told);
                Poll::Ready(next.map(|queued| queued.packet))
            };
            match ready!(connection.poll_send_from(cx, next)) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(error @ (SendError::Io(_) | SendError::Stalled { .. })) => {
                    return Poll::Ready(Err(error));
                }
                // One that cannot be sent is told, and the next one goes.
                Err(error) => {
                    self.shared.counters.send_failures.add(1);
                    self.shared.tell_unsent(self.peer, &error, self.told);
                }
            }
        }
    }

    /// Hands over what arrives; is through when nothing more does, and all has been run.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { connection, shared, peer, delivery, .. } = self;
        delivery.poll(cx, |cx| {
            let mut frames = shared.pool.take();
            let unused = match connection.poll_recv_frames(cx, &mut frames) {
                Poll::Ready(Some(Ok(()))) => {
                    let (what, peer) = (Read::Frames(frames), peer.clone());
                    return Poll::Ready(Some(Arrival { what, peer, at: Instant::now() }));
                }
                Poll::Ready(Some(Err(error))) => {
                    debug!(%peer, %error, "connection broken");
                    shared.tell(&Fault::ConnectionLost { peer, error: &error });
                    Poll::Ready(None)
                }
                // The peer has finished sending, but may still want its replies.
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
            shared.pool.put(frames);
            unused
        })
    }

    /// Sends what was handed over before the end, and closes. What the peer still sends is dropped as long as it may be
    /// taking what was sent to it.
    async fn say_goodbye(&mut self) {
        self.queue.close();
        if self.deaf.is_some() {
            // It has been told, and takes nothing more.
            return;
        }
        if let Err(error) = poll_fn(|cx| self.poll_send(cx)).await {
            self.shared.tell_unsent(self.peer, &error, true);
            return;
        }
        match self.connection.close().await {
            Ok(()) => self.connection.linger().await,
            Err(error) => debug!(peer = %self.peer, %error, "not closed cleanly"),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TwoWay for Conversation<'_, S> {
    type End = Result<(), SendError>;

    /// Ends when the peer has finished sending and everything that it sent has been run.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if let Poll::Ready(Err(error)) = self.poll_out(cx) {
            return Poll::Ready(Err(error));
        }
        ready!(self.poll_receive(cx));
        Poll::Ready(self.deaf.take().map_or(Ok(()), Err))
    }

    fn pause(&mut self) {
        self.delivery.pause();
    }

    /// Sends what waits as long as the peer listens, and is through only when the peer stalls: one that has closed
    /// without reading its replies may have sent much before, and all of that is run.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.deaf.is_some() {
            return Poll::Pending;
        }
        match ready!(self.poll_send(cx)) {
            Err(error) if !matches!(error, SendError::Stalled { .. }) => {
                self.queue.give_up();
                self.shared.tell_unsent(self.peer, &error, true);
                self.deaf = Some(error);
                Poll::Pending
            }
            // All is sent, and there may be more later.
            Ok(()) => Poll::Pending,
            stalled => Poll::Ready(stalled),
        }
    }
}
