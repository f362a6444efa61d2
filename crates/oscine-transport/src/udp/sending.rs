//! Sending from the socket itself.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};
use std::{io, net::SocketAddr};

use futures::Sink;
use oscine_codec::Packet;
use tokio::{net::ToSocketAddrs, task::coop::poll_proceed};

use crate::family::Family;
use crate::send_error::SendError;
use crate::udp::link::Target;
use crate::udp::pace::Paced;
use crate::udp::sender::UdpSender;
use crate::udp::socket::Udp;

/// Sending.
impl Udp {
    /// Makes a handle that sends from this socket in other tasks.
    #[must_use]
    pub fn sender(&self) -> UdpSender {
        UdpSender::new(self.link.clone())
    }

    /// Sends a packet to a peer, waiting until the system takes it.
    ///
    /// # Errors
    ///
    /// [`SendError::TooLong`] above 65,507 bytes (IPv6: 65,527), [`SendError::BroadcastOff`],
    /// [`SendError::OtherFamily`], [`SendError::Refused`] by a hook, and [`SendError::Io`] if the
    /// system refuses. That nobody listens at the peer is no error.
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

    /// Sends packets to a peer in order, many in one call to the system where that is possible; see
    /// [`UdpSender::send_all_to`].
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to), of the first packet that is refused. The packets before it
    /// were sent, it and those after it were not.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some of the packets were sent.
    pub async fn send_all_to(&self, packets: &[Packet], peer: SocketAddr) -> Result<(), SendError> {
        self.link.send_all(packets, Target::Peer(peer), None).await
    }

    /// Binds the socket to one peer: [`send`](Self::send) goes there, and only its packets arrive.
    ///
    /// A name stands for the first of its addresses that the socket reaches, IPv4 before IPv6. What
    /// others have sent before this call may still arrive after it.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or is of the other family, or there is no way to it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the socket is as it was.
    pub async fn connect(&self, peer: impl ToSocketAddrs) -> io::Result<()> {
        let mut refused = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for peer in Family::Auto.resolve(peer).await? {
            let outcome = match self.link.reach.address(peer) {
                Ok(address) => self.link.socket.connect(address).await,
                Err(error) => Err(io::Error::new(io::ErrorKind::AddrNotAvailable, error)),
            };
            match outcome {
                Ok(()) => return Ok(()),
                Err(error) => refused = error,
            }
        }
        Err(refused)
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

    /// Sends a packet to the peer that [`connect`](Self::connect) named, if the system takes it at
    /// once.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`] if it would have to wait.
    pub fn try_send(&self, packet: &Packet) -> Result<(), SendError> {
        self.link.try_send(packet.as_bytes(), Target::Connected)
    }

    /// Sends packets in order to the peer that [`connect`](Self::connect) named, as
    /// [`send_all_to`](Self::send_all_to).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), of the first packet that is refused. The packets before it were
    /// sent, it and those after it were not.
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some of the packets were sent.
    pub async fn send_all(&self, packets: &[Packet]) -> Result<(), SendError> {
        self.link.send_all(packets, Target::Connected, None).await
    }

    /// Sends many packets no faster than this: see [`UdpSender::pace`].
    #[must_use]
    pub fn pace(&self, packets_per_second: u32) -> Paced<'_> {
        Paced::new(&self.link, packets_per_second)
    }
}

/// Packets are taken by `feed` and leave with `flush`, or when 64 of them or 65,000 bytes wait.
///
/// Neighbours for the same peer leave together, as with [`Udp::send_all_to`]. What the socket never
/// sends is refused when it is taken. What a host or the way to it answers is no error: the next
/// packet may get through. What is lost, by that, by an error, or because the socket was dropped
/// before it was flushed, is counted as `lost`; the packets behind it stay for the next flush.
impl Sink<(Packet, SocketAddr)> for Udp {
    type Error = SendError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        let udp = self.get_mut();
        let coop = ready!(poll_proceed(cx));
        if udp.outbox.is_full() {
            ready!(udp.outbox.poll(cx))?;
        }
        coop.made_progress();
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, item: (Packet, SocketAddr)) -> Result<(), SendError> {
        self.get_mut().outbox.push(item.0, item.1)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.get_mut().outbox.poll(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        self.poll_flush(cx)
    }
}
