//! What became of a packet.

use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::oneshot;

use crate::send_error::SendError;

/// What became of a packet: resolves when it was handed to the system, or says why it was not.
///
/// Dropping it changes nothing: the packet is sent all the same.
///
/// # Cancel safety
///
/// It can be polled again, or dropped, at any time.
#[derive(Debug)]
pub struct Sent {
    outcome: oneshot::Receiver<Result<(), SendError>>,
}

impl Future for Sent {
    type Output = Result<(), SendError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Pin::new(&mut self.outcome).poll(cx).map(|told| told.unwrap_or(Err(SendError::Closed)))
    }
}

/// The other end of [`Sent`]; if it is dropped, the client was closed before the packet's turn.
#[derive(Debug)]
pub(super) struct Ticket(Option<oneshot::Sender<Result<(), SendError>>>);

impl Ticket {
    pub(super) fn new() -> (Self, Sent) {
        let (tell, outcome) = oneshot::channel();
        (Self(Some(tell)), Sent { outcome })
    }

    /// A ticket for a packet after which nobody asks.
    pub(super) const fn unasked() -> Self {
        Self(None)
    }

    pub(super) fn tell(self, outcome: Result<(), SendError>) {
        if let Some(tell) = self.0 {
            // Whoever does not wait for it any more does not mind.
            let _ = tell.send(outcome);
        }
    }
}
