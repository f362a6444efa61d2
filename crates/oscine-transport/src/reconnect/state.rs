//! How a client stands.

use core::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use std::{io, sync::Arc};

use futures::Stream;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::ReusableBoxFuture;

use crate::codec::stream_error::StreamError;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;

/// How a [`Reconnecting`](crate::reconnect::Reconnecting) client stands.
///
/// ```text
///                 ┌──────────────── back-off ────────────────┐
///                 ▼                                          │
///  start ──▶ Connecting ──── failed ──────────────────────▶ Lost
///                 └──────▶ Connected ──── broken ────────────▲
///
///  from each of them: close or drop ──▶ Closed
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum State {
    /// The name is resolved and the peer called.
    #[non_exhaustive]
    Connecting {
        /// Which attempt it is since there was a connection last: 1 for the first.
        attempt: u32,
    },
    /// There is a connection.
    #[non_exhaustive]
    Connected {
        /// Who is at the other end.
        peer: PeerAddr,
        /// How many packets were dropped since the connection before this one was made, for
        /// whatever reason. If it is not 0 the peer may have to be told again.
        dropped: u64,
    },
    /// There is no connection, and the next attempt is still to come.
    #[non_exhaustive]
    Lost {
        /// How many packets were dropped so far since there was a connection last made: those it
        /// broke under, which may have left or not, and those dropped from the queue.
        dropped: u64,
        /// Why.
        reason: LostReason,
        /// How long it is to the next attempt.
        retry_in: Duration,
    },
    /// The client was closed. It is the last state.
    Closed,
}

impl State {
    /// Whether there is a connection.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }
}

/// Why there is no connection. Never the caller's fault.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum LostReason {
    /// No connection could be made: the name was not found, or nobody accepts.
    #[error("connecting failed")]
    Connect(#[source] Arc<io::Error>),
    /// The peer did not answer in time.
    #[error("no answer within {} ms", .0.as_millis())]
    NoAnswer(Duration),
    /// The peer ended the connection.
    #[error("closed by the peer")]
    Closed,
    /// Reading failed.
    #[error(transparent)]
    Stream(Arc<StreamError>),
    /// Writing failed, or the peer has taken nothing for too long.
    #[error(transparent)]
    Write(Arc<SendError>),
}

/// The states of a client, beginning with how it stands now; ends after [`State::Closed`].
///
/// Of states that follow each other faster than they are read only the last one is seen.
pub struct States {
    next: ReusableBoxFuture<'static, (Option<State>, watch::Receiver<State>)>,
}

impl States {
    pub(super) fn new(mut states: watch::Receiver<State>) -> Self {
        states.mark_changed();
        Self { next: ReusableBoxFuture::new(next(states)) }
    }
}

impl Stream for States {
    type Item = State;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<State>> {
        let (state, states) = ready!(self.next.poll(cx));
        self.next.set(next(states));
        Poll::Ready(state)
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").finish_non_exhaustive()
    }
}

async fn next(mut states: watch::Receiver<State>) -> (Option<State>, watch::Receiver<State>) {
    let state = match states.changed().await {
        Ok(()) => Some(states.borrow_and_update().clone()),
        Err(_) => None,
    };
    (state, states)
}
