//! A UDP socket of packets.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::{future::poll_fn, io, io::ErrorKind, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures::Stream;
use oscine_codec::{DecodeOptions, Packet};
use tokio::{task::coop::poll_proceed, time::Instant};
use tracing::{trace, warn};

use crate::codec::bad_packet::BadPacket;
use crate::quiet::Quiet;
use crate::stats::counters::Counters;
use crate::stats::snapshot::Stats;
use crate::udp::batch::Batch;
use crate::udp::inbox::{InPlace, Inbox};
use crate::udp::link::{Count, Link, is_report};
use crate::udp::outbox::Outbox;
use crate::udp::pause::Pause;
use crate::udp::received::Received;
use crate::udp::screen::{Fate, Screen, too_long};

/// A UDP socket of packets: a stream of what arrives, and a sink of packets with their peers.
///
/// The [module page](crate::udp) tells what ends the stream (nothing a peer can send), how to read
/// without copying, and how to send many packets. [`sender`](Self::sender) is for sending from
/// other tasks.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
/// use oscine_codec::Message;
/// use oscine_transport::udp::Udp;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut receiver = Udp::bind("127.0.0.1:0").await?;
/// let sender = Udp::bind("127.0.0.1:0").await?;
/// let packet = Message::new("/synth/freq", (440.0_f32,))?.into();
/// sender.send_to(&packet, receiver.local_addr()?).await?;
///
/// let received = receiver.next().await.ok_or("closed")?;
/// assert_eq!(received.packet?, packet);
/// assert_eq!(received.peer, sender.local_addr()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Udp {
    pub(super) link: Arc<Link>,
    pub(super) inbox: Inbox,
    pub(super) outbox: Outbox,
    pub(super) reading: Reading,
    content: Content,
    pause: Pause,
    quiet: Quiet,
}

/// For options that are not offered here, and to be watched by a loop of one's own. What is read or
/// written through it passes us by.
#[cfg(unix)]
impl AsFd for Udp {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.link.socket.as_fd()
    }
}

/// How datagrams become packets.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) decode: DecodeOptions,
    pub(super) max_datagram: usize,
}

/// What datagrams hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A packet each, counted and shown to hooks when it arrives.
    Packets,
    /// Frames, which somebody else counts and shows to hooks.
    Frames,
}

impl Udp {
    pub(super) fn new(link: Link, reading: Reading) -> Self {
        let link = Arc::new(link);
        Self {
            inbox: Inbox::new(),
            outbox: Outbox::new(link.clone(), Count::Here),
            link,
            reading,
            content: Content::Packets,
            pause: Pause::new(),
            quiet: Quiet::default(),
        }
    }

    /// From now on datagrams hold frames.
    pub(super) fn hold_frames(&mut self) {
        self.content = Content::Frames;
        self.outbox = Outbox::new(self.link.clone(), Count::Before);
    }

    /// From now on datagrams are packets.
    pub(super) fn hold_packets(&mut self) {
        self.content = Content::Packets;
        self.outbox = Outbox::new(self.link.clone(), Count::Here);
    }

    /// The next datagram and what it holds; `None` if the runtime shuts down.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no datagram was taken.
    pub async fn recv(&mut self) -> Option<Received> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next datagram and what it holds, if one has arrived.
    ///
    /// Errors of receiving are counted and passed over, as ever.
    pub fn try_recv(&mut self) -> Option<Received> {
        // More than once, as hooks may swallow all of a read; but not for ever.
        for _ in 0..READS {
            if let Some(received) = self.take() {
                return Some(received);
            }
            match self.inbox.fill(|slots, metas| self.link.recv_now(slots, metas)) {
                Ok(read) => self.admit(read),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) => self.pass_over(&error),
            }
        }
        self.take()
    }

    /// The next datagrams in place, neither copied nor decoded; `None` if the runtime shuts down.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, no datagram was taken.
    pub async fn recv_batch(&mut self) -> Option<Batch<'_>> {
        poll_fn(|cx| self.poll_fill(cx)).await?;
        Some(self.batch())
    }

    /// Polls for the next datagrams in place, neither copied nor decoded.
    ///
    /// It is for a task that reads from many sockets. `None` means that the runtime shuts down. A
    /// batch is never empty, unless all datagrams in it are above the limit or refused.
    pub fn poll_recv_batch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Batch<'_>>> {
        Poll::Ready(ready!(self.poll_fill(cx)).map(|()| self.batch()))
    }

    /// The datagrams that were read and have not been taken yet. It reads none, so it may be empty.
    ///
    /// For whoever lets go of the socket and counts what goes with it.
    pub fn at_hand(&mut self) -> Batch<'_> {
        self.batch()
    }

    /// The address to which the socket is bound.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.link.socket.local_addr()
    }

    /// What has gone through the socket so far, or through all that share its
    /// [counters](crate::udp::UdpBuilder::counters).
    ///
    /// On Linux it asks the system how many datagrams were dropped because the receive buffer was
    /// full, and counts them as `receive-buffer`.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.link.stats()
    }

    /// The counters in which this socket counts.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        &self.link.counters
    }

    fn batch(&mut self) -> Batch<'_> {
        Batch::new(self.inbox.in_place(), &self.link.counters, self.reading.max_datagram)
    }

    /// Ready when there are datagrams at hand; `None` if the runtime shuts down.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        let mut in_vain = false;
        while self.inbox.is_empty() {
            ready!(self.pause.poll(cx));
            match self.link.socket.poll_recv_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(None),
                Poll::Pending => {
                    if in_vain {
                        self.pause.succeed();
                    }
                    return Poll::Pending;
                }
            }
            match self.inbox.fill(|slots, metas| self.link.recv(slots, metas)) {
                Ok(read) => {
                    self.pause.succeed();
                    self.admit(read);
                    if self.inbox.is_empty() {
                        // Hooks swallow a flood: other tasks get their turn all the same.
                        ready!(poll_proceed(cx)).made_progress();
                    }
                }
                // Ready once more right after that, it has nothing and always will: somebody has shut it down.
                Err(error) if error.kind() == ErrorKind::WouldBlock && !in_vain => in_vain = true,
                Err(error) => self.pass_over(&error),
            }
        }
        Poll::Ready(Some(()))
    }

    /// Counts what was read, and shows it to hooks.
    fn admit(&mut self, (datagrams, bytes): (u64, u64)) {
        if self.content == Content::Frames {
            return;
        }
        self.link.counters.received(datagrams, bytes);
        if !self.link.hooks.is_empty() {
            let Link { hooks, counters, .. } = &*self.link;
            let max_datagram = self.reading.max_datagram;
            self.inbox.screen(&Screen { hooks, counters, max_datagram });
        }
    }

    /// Counts an error of receiving; whatever it is, the socket is tried again.
    fn pass_over(&mut self, error: &io::Error) {
        self.link.counters.transient_error();
        self.pause.fail();
        if is_report(error) {
            trace!(%error, "an earlier datagram did not get through");
        } else if let Some(held_back) = self.quiet.admit(Instant::now()) {
            warn!(%error, held_back, "receiving failed, trying again");
        }
    }

    /// Takes a datagram at hand.
    #[inline(always)]
    fn take(&mut self) -> Option<Received> {
        let InPlace { slots, cursor, screened } = self.inbox.in_place();
        let at = cursor.at();
        if let Some((datagram, peer)) = cursor.next(slots) {
            let packet = if datagram.len() > self.reading.max_datagram {
                Err(too_long(self.reading.max_datagram, &self.link.counters))
            } else {
                decode(datagram, &self.reading.decode, &self.link)
            };
            return Some(Received { packet, peer, at });
        }
        let (fate, peer) = screened.next()?;
        let packet = match fate {
            Fate::Same(place) => {
                let datagram = slots.get(place).unwrap_or_default();
                decode(datagram, &self.reading.decode, &self.link)
            }
            Fate::Other(bytes) => decode(&bytes, &self.reading.decode, &self.link),
            Fate::Bad(bad) => Err(bad),
        };
        Some(Received { packet, peer, at })
    }
}

/// Decodes where the bytes lie; a packet gets a copy that is as long as it is.
///
/// One small allocation costs less than a share in a greater one, whose count goes up and down for
/// each packet; and a packet that is kept keeps nothing else alive.
// Inlined, as moving a fresh packet from call to call costs more than decoding it.
#[inline(always)]
fn decode(datagram: &[u8], options: &DecodeOptions, link: &Link) -> Result<Packet, BadPacket> {
    match Packet::decode_with(Bytes::copy_from_slice(datagram), options) {
        Ok(packet) => {
            link.counters.tolerated(packet.tolerances());
            Ok(packet)
        }
        Err(error) => {
            link.counters.decode_error(error.kind());
            Err(BadPacket::Decode { error, bytes: Bytes::copy_from_slice(datagram) })
        }
    }
}

impl Stream for Udp {
    type Item = Received;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        let udp = self.get_mut();
        // A flood is always ready; other tasks get their turn all the same.
        let coop = ready!(poll_proceed(cx));
        loop {
            if let Some(received) = udp.take() {
                coop.made_progress();
                return Poll::Ready(Some(received));
            }
            if ready!(udp.poll_fill(cx)).is_none() {
                return Poll::Ready(None);
            }
        }
    }
}

/// How often one call that does not wait reads in vain.
const READS: usize = 16;
