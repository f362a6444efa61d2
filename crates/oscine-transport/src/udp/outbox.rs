//! Packets between the sink and the system.

use core::task::{Context, Poll, ready};
use std::{collections::VecDeque, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use oscine_codec::Packet;

use crate::hook::chain::Passed;
use crate::send_error::SendError;
use crate::stats::cause::DropCause;
use crate::udp::link::{Count, Link, Target, is_report};
use crate::udp::run::{GREATEST_PIECE, Load, Run, Shape};

/// Packets that a sink has taken and the system has not, in order.
///
/// Bounded: by [`MOST`] packets and, but for the last one, by [`GREATEST_PIECE`] bytes. Neighbours
/// for one peer leave together. What is lost is counted.
#[derive(Debug)]
pub(super) struct Outbox {
    link: Arc<Link>,
    count: Count,
    waiting: VecDeque<(Bytes, SocketAddr)>,
    bytes: usize,
    run: Run,
    /// So many leave one by one, because the system has refused them together.
    apart: usize,
}

impl Outbox {
    /// Makes an outbox of packets, or of datagrams with frames that were counted already.
    pub(super) fn new(link: Arc<Link>, count: Count) -> Self {
        let (waiting, run) = (VecDeque::new(), Run::default());
        Self { link, count, waiting, bytes: 0, run, apart: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MOST || self.bytes >= GREATEST_PIECE
    }

    /// Takes a packet, if hooks pass it and it can be sent at all.
    pub(super) fn push(&mut self, packet: Packet, peer: SocketAddr) -> Result<(), SendError> {
        let target = Target::Peer(peer);
        let other = match self.link.pass(packet.as_bytes(), target)? {
            None => return Ok(()),
            Some(Passed::Same(_)) => None,
            Some(Passed::Other(bytes)) => Some(bytes),
        };
        self.push_datagram(other.unwrap_or_else(|| packet.into_bytes()), peer)
    }

    /// Takes a datagram, if it can be sent at all; hooks do not see it.
    pub(super) fn push_datagram(
        &mut self,
        bytes: Bytes,
        peer: SocketAddr,
    ) -> Result<(), SendError> {
        self.link.check(bytes.len(), Target::Peer(peer))?;
        self.bytes += bytes.len();
        self.waiting.push_back((bytes, peer));
        Ok(())
    }

    /// Sends what has been taken, up to the first that the system refuses.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        while let Some((first, peer)) = self.waiting.front() {
            let target = Target::Peer(*peer);
            let together = self.together();
            let sent = if together < 2 {
                ready!(self.link.poll_transmit(cx, Load::one(first), target, self.count))
            } else {
                self.run.clear();
                self.waiting.iter().take(together).for_each(|(bytes, _)| self.run.add(bytes));
                ready!(self.link.poll_transmit(cx, self.run.load(), target, self.count))
            };
            if together > 1 && matches!(sent, Err(SendError::Io(_))) {
                self.apart = together;
                continue;
            }
            self.apart = self.apart.saturating_sub(together);
            self.drop_front(together);
            if let Err(error) = sent {
                self.link.counters.dropped(DropCause::Lost, together as u64);
                if !is_answer(&error) {
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// How many of those that wait can leave together: one at least.
    fn together(&self) -> usize {
        let Some((_, peer)) = self.waiting.front() else { return 0 };
        let most = match self.apart {
            0 => self.link.most_together(Target::Peer(*peer)),
            _ => 1,
        };
        let mut shape = Shape::default();
        let fits = |(bytes, other): &&(Bytes, SocketAddr)| {
            let fits = other == peer && shape.fits(bytes.len(), most);
            shape.add(bytes.len());
            fits
        };
        self.waiting.iter().take_while(fits).count()
    }

    fn drop_front(&mut self, count: usize) {
        for (bytes, _) in self.waiting.drain(..count.min(self.waiting.len())) {
            self.bytes -= bytes.len();
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        if !self.waiting.is_empty() {
            self.link.counters.dropped(DropCause::Lost, self.waiting.len() as u64);
        }
    }
}

/// Says whether an error is what a host or the way to it answers: the next packet may get through.
fn is_answer(error: &SendError) -> bool {
    matches!(error, SendError::Io(error) if is_report(error))
}

/// The most packets that a sink takes before it sends.
const MOST: usize = 64;
