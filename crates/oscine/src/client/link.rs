//! What a client sends and receives by.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::SplitSink;
use futures::stream::SplitStream;
use futures::{SinkExt, Stream};
use oscine_codec::Packet;
use oscine_transport::tcp::Connection;
use oscine_transport::udp::Udp;
use oscine_transport::{BadPacket, SendError};
use tokio::sync::Mutex;
use tracing::debug;

/// Both directions of a client.
#[derive(Debug)]
pub(crate) enum Link {
    Udp(Box<Udp>),
    Tcp {
        /// Locked while a packet is written, so that several tasks can send.
        sink: Mutex<SplitSink<Connection, Packet>>,
        stream: SplitStream<Connection>,
    },
}

impl Link {
    /// Sends one packet.
    pub(crate) async fn send(&self, packet: Packet) -> Result<(), SendError> {
        match self {
            Self::Udp(udp) => Udp::send(udp, &packet).await,
            Self::Tcp { sink, .. } => sink.lock().await.send(packet).await,
        }
    }

    /// Sends many packets, in as few calls to the system as may be.
    pub(crate) async fn send_all(&self, packets: &[Packet]) -> Result<(), SendError> {
        match self {
            Self::Udp(udp) => Udp::send_all(udp, packets).await,
            Self::Tcp { sink, .. } => {
                let mut sink = sink.lock().await;
                for packet in packets {
                    sink.feed(packet.clone()).await?;
                }
                sink.flush().await
            }
        }
    }

    /// Closes the sending direction when everything is sent.
    pub(crate) async fn close(&self) -> Result<(), SendError> {
        match self {
            Self::Udp(_) => Ok(()),
            Self::Tcp { sink, .. } => sink.lock().await.close().await,
        }
    }
}

/// Good packets; what is bad is told and passed over.
impl Stream for Link {
    type Item = Packet;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Packet>> {
        let link = self.get_mut();
        loop {
            let received = match link {
                Self::Udp(udp) => {
                    std::task::ready!(Pin::new(&mut **udp).poll_next(cx)).map(|r| r.packet)
                }
                Self::Tcp { stream, .. } => {
                    match std::task::ready!(Pin::new(stream).poll_next(cx)) {
                        Some(Err(error)) => {
                            debug!(%error, "connection broken");
                            None
                        }
                        Some(Ok(packet)) => Some(packet),
                        None => None,
                    }
                }
            };
            match received {
                Some(Ok(packet)) => return Poll::Ready(Some(packet)),
                Some(Err(bad)) => tell(&bad),
                None => return Poll::Ready(None),
            }
        }
    }
}

fn tell(bad: &BadPacket) {
    debug!(error = %bad, "malformed packet");
}
