//! What became of a packet.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use oscine_transport::reconnect;

use crate::client::error::ClientError;

/// What became of a packet: resolves when it was handed to the system, or says why it was not.
///
/// On a client that does not queue it is resolved from the start. Dropping it changes nothing: the
/// packet is sent all the same.
///
/// # Cancel safety
///
/// It can be polled again, or dropped, at any time.
#[derive(Debug)]
pub struct Sent {
    /// `None` where the packet was handed to the system before.
    pub(crate) outcome: Option<reconnect::Sent>,
}

impl Future for Sent {
    type Output = Result<(), ClientError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.outcome {
            Some(outcome) => Pin::new(outcome).poll(cx).map_err(ClientError::from),
            None => Poll::Ready(Ok(())),
        }
    }
}
