//! One connection of a server.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use oscine_codec::Packet;
use oscine_transport::connection::{Connection, Frames};
use oscine_transport::stats::DropCause;
use oscine_transport::{SendError, StreamError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::PollSender;
use tracing::debug;

use crate::fault::Fault;
use crate::peer::Peer;
use crate::server::inbound::Inbound;
use crate::server::port::{Port, PortState};
use crate::server::shared::Shared;
use crate::server::unsent::Unsent;

/// Carries packets both ways: neither direction waits for the other.
pub(crate) struct Conversation<'a, S> {
    connection: Connection<S>,
    shared: &'a Arc<Shared>,
    port: &'a Arc<Port>,
    peer: &'a Peer,
    /// What is to be sent.
    queue: Unsent<Packet>,
    /// Why nothing is sent any more.
    deaf: Option<SendError>,
    inbox: PollSender<Inbound>,
    /// What was read and waits for a place, and since when.
    read: Option<(Frames, Instant)>,
    /// Cloned for each delivery; `None` when nothing more is read.
    unhandled: Option<mpsc::Sender<Infallible>>,
    all_handled: mpsc::Receiver<Infallible>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Conversation<'a, S> {
    pub(crate) fn new(
        connection: Connection<S>,
        shared: &'a Arc<Shared>,
        port: &'a Arc<Port>,
        peer: &'a Peer,
        queue: Unsent<Packet>,
        (unhandled, all_handled): (mpsc::Sender<Infallible>, mpsc::Receiver<Infallible>),
    ) -> Self {
        Self {
            connection,
            shared,
            port,
            peer,
            queue,
            deaf: None,
            inbox: PollSender::new(shared.inbox.clone()),
            read: None,
            unhandled: Some(unhandled),
            all_handled,
        }
    }

    /// Runs until either end has had enough, or the server stops.
    pub(crate) async fn run(mut self) {
        let shared = self.shared;
        let broken = tokio::select! {
            broken = self.talk() => broken,
            () = shared.over.cancelled() => false,
        };
        if !broken {
            self.say_goodbye().await;
        }
    }

    /// Carries packets; says whether the connection is broken.
    async fn talk(&mut self) -> bool {
        let port = self.port;
        loop {
            let ended = match port.state() {
                PortState::Open => tokio::select! {
                    ended = poll_fn(|cx| self.poll(cx)) => ended,
                    () = port.stays_open() => continue,
                },
                PortState::Paused => {
                    // A place that came free would be kept from all others as long as this is paused.
                    self.inbox.abort_send();
                    tokio::select! {
                        ended = poll_fn(|cx| self.poll_replies(cx)) => ended,
                        _ = port.is_open() => continue,
                    }
                }
                PortState::Closed => Ok(()),
            };
            return match ended {
                Ok(()) => false,
                Err(error) => {
                    debug!(peer = %self.peer, %error, "connection broken");
                    true
                }
            };
        }
    }

    /// Ends when the peer has finished sending and everything that it sent has been run.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if let Poll::Ready(Err(error)) = self.poll_replies(cx) {
            return Poll::Ready(Err(error));
        }
        ready!(self.poll_receive(cx));
        ready!(self.all_handled.poll_recv(cx));
        Poll::Ready(self.deaf.take().map_or(Ok(()), Err))
    }

    /// Sends what waits as long as the peer listens, and is through only when the peer stalls: one that has closed
    /// without reading its replies may have sent much before, and all of that is run.
    fn poll_replies(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        if self.deaf.is_some() {
            return Poll::Pending;
        }
        match ready!(self.poll_send(cx)) {
            Err(error) if !matches!(error, SendError::Stalled { .. }) => {
                self.queue.give_up();
                self.deaf = Some(error);
                Poll::Pending
            }
            // All is sent, and there may be more later.
            Ok(()) => Poll::Pending,
            stalled => Poll::Ready(stalled),
        }
    }

    /// Sends what waits. Fails only when the connection is broken.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        loop {
            let Self { connection, queue, .. } = self;
            match ready!(connection.poll_send_from(cx, |cx| queue.poll_recv(cx))) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(error @ (SendError::Io(_) | SendError::Stalled { .. })) => {
                    return Poll::Ready(Err(error));
                }
                // One that cannot be sent is told, and the next one goes.
                Err(error) => {
                    self.shared.counters.send_failures.add(1);
                    debug!(peer = %self.peer, %error, "packet not sent");
                }
            }
        }
    }

    /// Hands over what arrives; is through when nothing more does.
    ///
    /// It waits when the server is behind: that slows this peer down, and no other.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(unhandled) = &self.unhandled {
            if self.read.is_some() {
                // Only who has something asks for a place: those who wait in silence must not keep others from it.
                if ready!(self.inbox.poll_reserve(cx)).is_err() {
                    // The server has stopped.
                    return Poll::Pending;
                }
                let Some((frames, received_at)) = self.read.take() else { continue };
                let delivery = Inbound::Frames {
                    frames,
                    peer: self.peer.clone(),
                    port: Arc::clone(self.port),
                    received_at,
                    unhandled: unhandled.clone(),
                };
                // There is a place, and whoever reads goes only when the server stops.
                let _ = self.inbox.send_item(delivery);
            }
            let mut frames = self.shared.pool.take();
            match self.connection.poll_recv_frames(cx, &mut frames) {
                Poll::Ready(Some(Ok(()))) => {
                    self.read = Some((frames, Instant::now()));
                    continue;
                }
                Poll::Ready(Some(Err(error))) => self.lost(&error),
                // The peer has finished sending, but may still want its replies.
                Poll::Ready(None) => {}
                Poll::Pending => {
                    self.shared.pool.put(frames);
                    return Poll::Pending;
                }
            }
            self.shared.pool.put(frames);
            self.unhandled = None;
        }
        Poll::Ready(())
    }

    fn lost(&self, error: &StreamError) {
        let peer = self.peer;
        debug!(%peer, %error, "connection broken");
        self.shared.tell(&Fault::ConnectionLost { peer, error });
    }

    /// Sends what was handed over before the end, and closes.
    async fn say_goodbye(&mut self) {
        self.queue.close();
        let goodbye = async {
            poll_fn(|cx| self.poll_send(cx)).await?;
            self.connection.close().await
        };
        if let Err(error) = goodbye.await {
            debug!(peer = %self.peer, %error, "not closed cleanly");
        }
    }
}

/// What was read and has not been handed over goes with the connection.
impl<S> Drop for Conversation<'_, S> {
    fn drop(&mut self) {
        let Some((frames, _)) = &self.read else { return };
        // The bad ones among them have been counted.
        let packets = frames.iter().filter(Result::is_ok).count();
        let stopped = self.shared.stop.is_asked();
        let cause = if stopped { DropCause::Stopped } else { DropCause::InboxFull };
        self.port.counters.dropped(cause, packets as u64);
        debug!(peer = %self.peer, packets, cause = cause.name(), "read, and dropped");
    }
}
