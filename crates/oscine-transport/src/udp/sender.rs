//! The sending half of a UDP socket, for many tasks.

use std::{io, net::SocketAddr, sync::Arc};

use oscine_codec::Packet;

use crate::send_error::SendError;
use crate::udp::link::{Link, Target};
use crate::udp::stats::UdpStats;

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
    /// It is possible for neighbours of the same length, up to 1,200 bytes, on Linux: the system
    /// takes them as one piece and cuts it up (segmentation offload), which is many times faster.
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
        let mut gathered = Vec::new();
        let mut rest = packets;
        while let Some((first, after)) = rest.split_first() {
            let run = run(rest, self.link.max_segments());
            if run.len() < 2 {
                self.link.send(first.as_bytes(), Target::Peer(peer)).await?;
                rest = after;
                continue;
            }
            gathered.clear();
            for packet in run {
                gathered.extend_from_slice(packet.as_bytes());
            }
            let segment = first.as_bytes().len();
            match self.link.send_segments(&gathered, segment, peer).await {
                // A device without segmentation offload refuses, and from then on it is off: the
                // same packets are sent one by one.
                Err(_) if self.link.max_segments() < 2 => {}
                outcome => {
                    outcome?;
                    rest = rest.get(run.len()..).unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    /// The address from which packets leave.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.link.socket.local_addr()
    }

    /// What has gone through the socket so far.
    #[must_use]
    pub fn stats(&self) -> UdpStats {
        self.link.counters.read()
    }
}

/// The packets at the front that can be sent as one piece: all of one length.
fn run(packets: &[Packet], max_segments: usize) -> &[Packet] {
    let segment = packets.first().map_or(0, |first| first.as_bytes().len());
    if segment == 0 || segment > GREATEST_SEGMENT {
        return &[];
    }
    let most = max_segments.min(GREATEST_PIECE / segment);
    let run = packets.iter().take(most).take_while(|packet| packet.as_bytes().len() == segment);
    packets.get(..run.count()).unwrap_or_default()
}

/// The greatest segment: it has to fit the network's packets, and every network carries this much.
const GREATEST_SEGMENT: usize = 1200;

/// The greatest piece: before it is cut up it is one datagram to the system.
const GREATEST_PIECE: usize = 65_000;
