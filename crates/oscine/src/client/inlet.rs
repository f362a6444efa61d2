//! What a client receives by.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use oscine_codec::Packet;
use oscine_transport::reconnect::Reconnecting;
use oscine_transport::udp::Udp;
#[cfg(unix)]
use oscine_transport::unix::Datagrams;
use oscine_transport::{BadPacket, StreamError};

/// What arrives: a packet, or what was none.
pub(crate) type Item = Result<Packet, BadPacket>;

/// The receiving half of a connection, whatever its stream.
pub(crate) type BoxStream = Pin<Box<dyn Stream<Item = Result<Item, StreamError>> + Send>>;

/// The receiving half of a client.
pub(crate) enum Inlet {
    Udp(Box<Udp>),
    #[cfg(unix)]
    Datagrams(Box<Datagrams>),
    Stream(BoxStream),
    Reconnecting(Box<Reconnecting>),
}

impl Stream for Inlet {
    type Item = Result<Item, StreamError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = match self.get_mut() {
            Self::Udp(udp) => {
                ready!(Pin::new(&mut **udp).poll_next(cx)).map(|received| received.packet)
            }
            #[cfg(unix)]
            Self::Datagrams(datagrams) => {
                ready!(Pin::new(&mut **datagrams).poll_next(cx)).map(|received| received.packet)
            }
            Self::Stream(stream) => return stream.as_mut().poll_next(cx),
            Self::Reconnecting(client) => ready!(Pin::new(&mut **client).poll_next(cx)),
        };
        Poll::Ready(item.map(Ok))
    }
}

impl fmt::Debug for Inlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp(_) => "Udp",
            #[cfg(unix)]
            Self::Datagrams(_) => "Datagrams",
            Self::Stream(_) => "Stream",
            Self::Reconnecting(_) => "Reconnecting",
        })
    }
}
