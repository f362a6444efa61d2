//! How a connection to the peer is made, again and again.

use core::{fmt, future::Future, pin::Pin};
use std::io;

use bytes::Bytes;
use futures::{Sink, Stream};
use oscine_codec::Packet;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::codec::bad_packet::BadPacket;
use crate::codec::stream_error::StreamError;
use crate::connection::connection::Connection;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;

/// A connection, whatever its stream.
pub(super) trait Link:
    Stream<Item = Result<Result<Packet, BadPacket>, StreamError>>
    + Sink<Bytes, Error = SendError>
    + Send
{
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Link for Connection<S> {}

pub(super) type BoxLink = Pin<Box<dyn Link>>;

type Connecting = Pin<Box<dyn Future<Output = io::Result<(BoxLink, PeerAddr)>> + Send>>;

/// Makes a connection to the peer, whenever it is asked to.
pub(super) struct Connector(Box<dyn FnMut() -> Connecting + Send>);

impl Connector {
    pub(super) fn new<F, S>(mut connect: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<Connection<S>>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self(Box::new(move || {
            let connected = connect();
            Box::pin(async move {
                let connection = connected.await?;
                let peer = connection.peer().clone();
                Ok((Box::pin(connection) as BoxLink, peer))
            })
        }))
    }

    pub(super) async fn connect(&mut self) -> io::Result<(BoxLink, PeerAddr)> {
        (self.0)().await
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}
