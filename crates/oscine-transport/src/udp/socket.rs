//! A UDP socket of packets.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::{future::poll_fn, io, io::ErrorKind, net::SocketAddr, sync::Arc};

use futures::{Sink, Stream};
use oscine_codec::{DecodeOptions, Packet};
use quinn_udp::UdpSocketState;
use socket2::SockRef;
use tokio::{
    net::{ToSocketAddrs, UdpSocket},
    task::coop::poll_proceed,
    time::Instant,
};
use tracing::{trace, warn};

use crate::codec::bad_packet::BadPacket;
use crate::framing::fault::{FrameFault, FrameFaultKind};
use crate::quiet::Quiet;
use crate::send_error::SendError;
use crate::udp::batch::Batch;
use crate::udp::inbox::Inbox;
use crate::udp::link::{Link, Target, is_report};
use crate::udp::outbox::Outbox;
use crate::udp::pause::Pause;
use crate::udp::received::Received;
use crate::udp::sender::UdpSender;
use crate::udp::stats::UdpStats;

/// A UDP socket of packets: a stream of what arrives, and a sink of packets with their peers.
///
/// The [module page](crate::udp) tells what ends the stream (nothing a peer can send) and how to
/// read without copying. [`sender`](Self::sender) is for sending from other tasks.
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
    link: Arc<Link>,
    inbox: Inbox,
    pause: Pause,
    quiet: Quiet,
    decode: DecodeOptions,
    max_datagram: usize,
    outbox: Outbox,
}

impl Udp {
    pub(super) fn new(
        socket: UdpSocket,
        state: UdpSocketState,
        decode: DecodeOptions,
        max_datagram: usize,
    ) -> Self {
        Self {
            link: Arc::new(Link::new(socket, state)),
            inbox: Inbox::new(),
            pause: Pause::new(),
            quiet: Quiet::default(),
            decode,
            max_datagram,
            outbox: Outbox::default(),
        }
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
    /// batch is never empty, unless all datagrams in it are above the limit.
    pub fn poll_recv_batch(&mut self, cx: &mut Context<'_>) -> Poll<Option<Batch<'_>>> {
        Poll::Ready(ready!(self.poll_fill(cx)).map(|()| self.batch()))
    }

    /// Makes a handle that sends from this socket in other tasks.
    #[must_use]
    pub fn sender(&self) -> UdpSender {
        UdpSender::new(self.link.clone())
    }

    /// Sends a packet to a peer, waiting until the system takes it.
    ///
    /// # Errors
    ///
    /// [`SendError::TooLong`] above 65,507 bytes (IPv6: 65,527), [`SendError::BroadcastOff`], and
    /// [`SendError::Io`] if the system refuses. That nobody listens at the peer is no error.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send_to(&self, packet: &Packet, peer: SocketAddr) -> Result<(), SendError> {
        self.link.send(packet.as_bytes(), Target::Peer(peer)).await
    }

    /// Sends a packet to a peer if the system takes it at once.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to), and [`SendError::Full`] if it would have to wait.
    pub fn try_send_to(&self, packet: &Packet, peer: SocketAddr) -> Result<(), SendError> {
        self.link.try_send(packet.as_bytes(), Target::Peer(peer))
    }

    /// Binds the socket to one peer: [`send`](Self::send) goes there, and only its packets arrive.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved or there is no way to it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the socket is as it was.
    pub async fn connect(&self, peer: impl ToSocketAddrs) -> io::Result<()> {
        self.link.socket.connect(peer).await
    }

    /// Sends a packet to the peer that [`connect`](Self::connect) named.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to), and [`SendError::Io`] if there is no such peer.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send(&self, packet: &Packet) -> Result<(), SendError> {
        self.link.send(packet.as_bytes(), Target::Connected).await
    }

    /// The address to which the socket is bound.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.link.socket.local_addr()
    }

    /// The size of the system's receive buffer in bytes, which may be less than was asked for.
    ///
    /// Linux reports twice the size that is set, and uses the rest for its own book-keeping.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn recv_buffer(&self) -> io::Result<usize> {
        SockRef::from(&self.link.socket).recv_buffer_size()
    }

    /// What has gone through the socket so far.
    #[must_use]
    pub fn stats(&self) -> UdpStats {
        self.link.counters.read()
    }

    fn batch(&mut self) -> Batch<'_> {
        Batch::new(self.inbox.in_place(), &self.link.counters, self.max_datagram)
    }

    /// Ready when there are datagrams at hand; `None` if the runtime shuts down.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        while self.inbox.is_empty() {
            ready!(self.pause.poll(cx));
            if ready!(self.link.socket.poll_recv_ready(cx)).is_err() {
                return Poll::Ready(None);
            }
            match self.inbox.fill(|slots, metas| self.link.recv(slots, metas)) {
                Ok((datagrams, bytes)) => {
                    self.pause.succeed();
                    self.link.counters.received(datagrams, bytes);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.pause.succeed(),
                Err(error) => self.pass_over(&error),
            }
        }
        Poll::Ready(Some(()))
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
    fn take(&mut self) -> Option<Received> {
        let (bytes, peer) = self.inbox.take()?;
        let at = self.inbox.at();
        let packet = if bytes.len() > self.max_datagram {
            let kind = FrameFaultKind::TooLong { limit: self.max_datagram };
            Err(FrameFault::new(kind, 0).into())
        } else {
            Packet::decode_with(bytes.clone(), &self.decode)
                .map_err(|error| BadPacket::Decode { error, bytes })
        };
        if packet.is_err() {
            self.link.counters.bad_packet();
        }
        Some(Received { packet, peer, at })
    }
}

impl Stream for Udp {
    type Item = Received;

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

/// What a host or the way to it answers is counted, and no error: the next packet may get through.
impl Sink<(Packet, SocketAddr)> for Udp {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let udp = self.get_mut();
        let coop = ready!(poll_proceed(cx));
        let outcome = ready!(udp.outbox.poll(&udp.link, cx));
        coop.made_progress();
        Poll::Ready(outcome)
    }

    fn start_send(self: Pin<&mut Self>, item: (Packet, SocketAddr)) -> Result<(), SendError> {
        let udp = self.get_mut();
        udp.outbox.push(&udp.link, item.0, item.1)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let udp = self.get_mut();
        udp.outbox.poll(&udp.link, cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_flush(cx)
    }
}
