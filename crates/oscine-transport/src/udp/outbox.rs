//! A packet between the sink and the system.

use core::task::{Context, Poll, ready};
use std::net::SocketAddr;

use oscine_codec::Packet;

use crate::send_error::SendError;
use crate::udp::link::{Link, Target, is_report};

/// A packet that a sink has taken and the system has not; most go straight through.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    waiting: Option<(Packet, SocketAddr)>,
}

impl Outbox {
    /// Sends a packet now or, if the system takes no more, keeps it. There must be none in here.
    pub(super) fn push(
        &mut self,
        link: &Link,
        packet: Packet,
        peer: SocketAddr,
    ) -> Result<(), SendError> {
        match forgive(link.try_send(packet.as_bytes(), Target::Peer(peer))) {
            Err(SendError::Full) => {
                self.waiting = Some((packet, peer));
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Sends the packet that is kept, if there is one.
    pub(super) fn poll(
        &mut self,
        link: &Link,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError>> {
        let Some((packet, peer)) = &self.waiting else { return Poll::Ready(Ok(())) };
        let sent = ready!(link.poll_send(cx, packet.as_bytes(), Target::Peer(*peer)));
        self.waiting = None;
        Poll::Ready(forgive(sent))
    }
}

/// Passes over what a host or the way to it answers: the next packet may get through.
fn forgive(sent: Result<(), SendError>) -> Result<(), SendError> {
    match sent {
        Err(SendError::Io(error)) if is_report(&error) => Ok(()),
        sent => sent,
    }
}
