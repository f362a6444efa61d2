//! What a client sends by.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;

use futures::{Sink, SinkExt};
use oscine_codec::Packet;
use oscine_transport::SendError;
use oscine_transport::reconnect;
use oscine_transport::udp::UdpSender;
#[cfg(unix)]
use oscine_transport::unix;
use tokio::sync::Mutex;

/// The sending half of a connection, whatever its stream.
pub(crate) type BoxSink = Pin<Box<dyn Sink<Packet, Error = SendError> + Send>>;

/// The sending half of a client.
pub(crate) enum Way {
    Udp {
        sender: UdpSender,
        /// The peer, where the socket is not connected to it.
        to: Option<SocketAddr>,
    },
    #[cfg(unix)]
    Datagrams(unix::Sender),
    /// Locked while packets are written, so that several tasks can send.
    Stream(Mutex<BoxSink>),
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
            Self::Stream(sink) => sink.lock().await.send(packet.clone()).await,
            Self::Reconnecting(sender) => sender.send(packet.clone()).await.map(drop),
        }
    }

    /// Sends packets, in as few calls to the system as may be.
    pub(crate) async fn send_all(&self, packets: &[Packet]) -> Result<(), SendError> {
        match self {
            Self::Udp { sender, to: None } => sender.send_all(packets).await,
            Self::Udp { sender, to: Some(peer) } => sender.send_all_to(packets, *peer).await,
            Self::Stream(sink) => {
                let mut sink = sink.lock().await;
                for packet in packets {
                    sink.feed(packet.clone()).await?;
                }
                sink.flush().await
            }
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
            Self::Stream(sink) => sink.lock().await.close().await,
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
