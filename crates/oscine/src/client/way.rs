//! What a client sends by.

use std::fmt;
use std::net::SocketAddr;
use std::slice;

use oscine_codec::Packet;
use oscine_transport::SendError;
use oscine_transport::reconnect;
use oscine_transport::udp::UdpSender;
#[cfg(unix)]
use oscine_transport::unix;

use crate::client::writing::Writing;

/// The sending half of a client.
pub(crate) enum Way {
    Udp {
        sender: UdpSender,
        /// The peer, where the socket is not connected to it.
        to: Option<SocketAddr>,
    },
    #[cfg(unix)]
    Datagrams(unix::Sender),
    Stream(Writing),
    Reconnecting(reconnect::Sender),
}

impl Way {
    /// Sends a packet: hands it to the system, or to the queue of a client that reconnects.
    pub(crate) async fn send(&self, packet: &Packet) -> Result<(), SendError> {
        match self {
            Self::Udp { sender, to: None } => sender.send(packet).await,
            Self::Udp { sender, to: Some(peer) } => sender.send_to(packet, *peer).await,
            #[cfg(unix)]
            Self::Datagrams(sender) => sender.send(packet).await,
            Self::Stream(writing) => writing.send(slice::from_ref(packet)).await,
            Self::Reconnecting(sender) => sender.send(packet.clone()).await.map(drop),
        }
    }

    /// Sends a packet if that is possible without waiting; [`SendError::Full`] if it is not.
    pub(crate) fn try_send(&self, packet: &Packet) -> Result<(), SendError> {
        match self {
            Self::Udp { sender, to: None } => sender.try_send(packet),
            Self::Udp { sender, to: Some(peer) } => sender.try_send_to(packet, *peer),
            #[cfg(unix)]
            Self::Datagrams(sender) => sender.try_send(packet),
            Self::Stream(writing) => writing.try_send(packet.clone()),
            Self::Reconnecting(sender) => sender.try_send(packet.clone()).map(drop),
        }
    }

    /// Sends packets, in as few calls to the system as may be.
    pub(crate) async fn send_all(&self, packets: &[Packet]) -> Result<(), SendError> {
        match self {
            Self::Udp { sender, to: None } => sender.send_all(packets).await,
            Self::Udp { sender, to: Some(peer) } => sender.send_all_to(packets, *peer).await,
            Self::Stream(writing) => writing.send(packets).await,
            _ => {
                for packet in packets {
                    self.send(packet).await?;
                }
                Ok(())
            }
        }
    }

    /// Sends a packet and tells what became of it, where that is known only later.
    pub(crate) async fn queue(&self, packet: Packet) -> Result<Option<reconnect::Sent>, SendError> {
        match self {
            Self::Reconnecting(sender) => sender.send(packet).await.map(Some),
            _ => self.send(&packet).await.map(|()| None),
        }
    }

    /// Sends a packet ahead of the queue, where there is one.
    pub(crate) async fn urgent(
        &self,
        packet: Packet,
    ) -> Result<Option<reconnect::Sent>, SendError> {
        match self {
            Self::Reconnecting(sender) => sender.urgent(packet).map(Some),
            _ => self.send(&packet).await.map(|()| None),
        }
    }

    /// Ends the stream to the peer when everything is sent. There is nothing to do elsewhere.
    pub(crate) async fn finish(&self) -> Result<(), SendError> {
        match self {
            Self::Stream(writing) => writing.close().await,
            _ => Ok(()),
        }
    }

    /// Whether there is something to be written that nobody sees to. Whoever is told so has to
    /// [write it](Self::write_rest).
    pub(crate) fn is_unattended(&self) -> bool {
        matches!(self, Self::Stream(writing) if writing.is_unattended())
    }

    /// Writes what was taken and not written.
    pub(crate) async fn write_rest(&self) -> Result<(), SendError> {
        match self {
            Self::Stream(writing) => writing.write_rest().await,
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp { sender, to } => {
                f.debug_struct("Udp").field("sender", sender).field("to", to).finish()
            }
            #[cfg(unix)]
            Self::Datagrams(sender) => f.debug_tuple("Datagrams").field(sender).finish(),
            Self::Stream(_) => f.write_str("Stream"),
            Self::Reconnecting(sender) => f.debug_tuple("Reconnecting").field(sender).finish(),
        }
    }
}
