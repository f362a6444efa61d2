//! The sending half of a UDP socket, for many tasks.

use std::{io, net::SocketAddr, sync::Arc};

use oscine_codec::Packet;

use crate::send_error::SendError;
use crate::stats::snapshot::Stats;
use crate::udp::link::{Link, Target};
use crate::udp::pace::Paced;

/// Sends from the socket of a [`Udp`](crate::udp::Udp), in any task and at the same time.
///
/// It is cheap to clone. What it sends leaves from the port on which the socket receives, so peers
/// can answer. The socket is closed when it and all its senders are dropped.
///
/// # Examples
///
/// ```
/// use oscine_codec::Message;
/// use oscine_transport::udp::Udp;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let udp = Udp::bind("127.0.0.1:0").await?;
/// let (sender, address) = (udp.sender(), udp.local_addr()?);
/// tokio::spawn(async move {
///     let packet = Message::new("/ping", ())?.into();
///     sender.send_to(&packet, address).await?;
///     Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct UdpSender {
    link: Arc<Link>,
}

impl UdpSender {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self { link }
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

    /// Sends bytes that the caller knows to be one packet; they are not checked.
    ///
    /// It is for packets encoded into a buffer that is used again.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn send_bytes_to(&self, packet: &[u8], peer: SocketAddr) -> Result<(), SendError> {
        self.link.send(packet, Target::Peer(peer)).await
    }

    /// Sends bytes that the caller knows to be one packet, if the system takes them at once.
    ///
    /// # Errors
    ///
    /// As [`try_send_to`](Self::try_send_to).
    pub fn try_send_bytes_to(&self, packet: &[u8], peer: SocketAddr) -> Result<(), SendError> {
        self.link.try_send(packet, Target::Peer(peer))
    }

    /// Sends packets to a peer in order, several in one call to the system where that is possible.
    ///
    /// It is possible on Linux for neighbours of the same length, up to 1,200 bytes and 64 of them,
    /// the last of which may be shorter: the system takes them as one piece and cuts it up
    /// (segmentation offload), which is many times faster. Nothing is allocated for it.
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

    /// Sends a packet to the one peer of a connected socket; see [`Udp::connect`].
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to), and [`SendError::Io`] if the socket is not connected.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    ///
    /// [`Udp::connect`]: crate::udp::Udp::connect
    pub async fn send(&self, packet: &Packet) -> Result<(), SendError> {
        self.link.send(packet.as_bytes(), Target::Connected).await
    }

    /// Sends a packet to the one peer of a connected socket, if the system takes it at once.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and [`SendError::Full`] if it would have to wait.
    pub fn try_send(&self, packet: &Packet) -> Result<(), SendError> {
        self.link.try_send(packet.as_bytes(), Target::Connected)
    }

    /// Sends packets in order to the one peer of a connected socket, as
    /// [`send_all_to`](Self::send_all_to).
    ///
    /// # Errors
    ///
    /// As [`send_all_to`](Self::send_all_to).
    ///
    /// # Cancel safety
    ///
    /// This method is *not* cancel safe: if it does not complete, some of the packets were sent.
    pub async fn send_all(&self, packets: &[Packet]) -> Result<(), SendError> {
        self.link.send_all(packets, Target::Connected, None).await
    }

    /// Sends many packets no faster than this, so that a burst does not overrun the receiver.
    ///
    /// The receive buffer of a small device holds a few dozen packets, and what does not fit is
    /// lost. Without a pace packets leave as fast as the system takes them. A rate of 0 is taken
    /// for 1.
    #[must_use]
    pub fn pace(&self, packets_per_second: u32) -> Paced<'_> {
        Paced::new(&self.link, packets_per_second)
    }

    /// Whether the socket speaks the family of an address.
    #[must_use]
    pub fn reaches(&self, peer: SocketAddr) -> bool {
        self.link.reach.address(peer).is_ok()
    }

    /// The address from which packets leave.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.link.socket.local_addr()
    }

    /// What has gone through the socket so far; see [`Udp::stats`](crate::udp::Udp::stats).
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.link.stats()
    }
}
