//! The packets of a UDP socket, and nothing else.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::Stream;
use oscine_codec::Packet;
use tracing::trace;

use crate::udp::socket::Udp;

impl Udp {
    /// Makes a stream of the packets alone; bad ones are counted and traced.
    #[must_use]
    pub fn packets(self) -> Packets {
        Packets { socket: self }
    }
}

/// The packets that arrive at a UDP socket; see [`Udp::packets`].
///
/// Bad ones are counted in [`Stats::bad`](crate::stats::Stats::bad) and traced.
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
/// let udp = Udp::bind("127.0.0.1:0").await?;
/// let (sender, address) = (udp.sender(), udp.local_addr()?);
/// let packet = Message::new("/a", (1,))?.into();
/// sender.send_bytes_to(b"nonsense", address).await?;
/// sender.send_to(&packet, address).await?;
///
/// let mut packets = udp.packets();
/// assert_eq!(packets.next().await, Some(packet));
/// assert_eq!(packets.socket().stats().bad.total(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Packets {
    socket: Udp,
}

impl Packets {
    /// The socket, for instance for its address or its counters.
    #[must_use]
    pub fn socket(&self) -> &Udp {
        &self.socket
    }

    /// Gives the socket back.
    #[must_use]
    pub fn into_socket(self) -> Udp {
        self.socket
    }
}

impl Stream for Packets {
    type Item = Packet;

    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Packet>> {
        let packets = self.get_mut();
        loop {
            let Some(received) = ready!(Pin::new(&mut packets.socket).poll_next(cx)) else {
                return Poll::Ready(None);
            };
            match received.packet {
                Ok(packet) => return Poll::Ready(Some(packet)),
                Err(error) => {
                    let reason = core::error::Error::source(&error);
                    trace!(peer = %received.peer, %error, reason, "bad packet");
                }
            }
        }
    }
}
