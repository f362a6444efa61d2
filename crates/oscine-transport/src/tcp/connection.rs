//! A TCP connection of packets.

use core::{
    pin::Pin,
    task::{Context, Poll},
};
use std::{io, net::SocketAddr};

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream};
use oscine_codec::Packet;
use tokio::{net::TcpStream, sync::OwnedSemaphorePermit};
use tokio_util::codec::Framed;
use tracing::debug;

use crate::codec::bad_packet::BadPacket;
use crate::codec::packet_codec::PacketCodec;
use crate::codec::stream_error::StreamError;
use crate::framing::detect::Detect;
use crate::framing::kind::FramingKind;
use crate::send_error::SendError;
use crate::tcp::config::Config;

/// A TCP connection: a stream of what arrives and a sink of packets.
///
/// The items are `Ok(Ok(packet))`, `Ok(Err(bad_packet))` after which the stream goes on, and
/// `Err(error)` after which it ends; [`codec`](crate::codec) has the details. The sink takes
/// [`Packet`], [`&Packet`](Packet), and [`Bytes`] that are a packet already.
///
/// A connection from a [`Listener`](crate::tcp::Listener) counts against its limit until it is
/// dropped.
#[derive(Debug)]
pub struct Connection {
    framed: Framed<TcpStream, PacketCodec<Detect>>,
    /// The place among the connections of a listener, given back when this is dropped; `None` for a
    /// connection that was made from here.
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) fn new(
        stream: TcpStream,
        config: &Config,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        if let Err(error) = stream.set_nodelay(config.nodelay) {
            // The stream works without it, a little later.
            debug!(%error, nodelay = config.nodelay, "TCP_NODELAY left as it was");
        }
        Self { framed: Framed::new(stream, config.codec()), _place: place }
    }

    /// Waits until everything sent has been handed to the system.
    ///
    /// # Errors
    ///
    /// [`SendError::Io`] if the connection is broken.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the rest goes out with the next flush.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        SinkExt::<Packet>::flush(&mut self.framed).await
    }

    /// Waits until everything sent has been handed to the system, then ends the stream to the peer.
    ///
    /// What the peer still sends can be read after it.
    ///
    /// # Errors
    ///
    /// [`SendError::Io`] if the connection is broken.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, it can be called again.
    pub async fn close(&mut self) -> Result<(), SendError> {
        SinkExt::<Packet>::close(&mut self.framed).await
    }

    /// The framing in use; [`FramingKind::Auto`] until the first byte of the peer has told.
    #[must_use]
    pub fn framing(&self) -> FramingKind {
        self.framed.codec().framing().kind()
    }

    /// How many bytes have arrived of a packet that is not whole yet.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.framed.read_buffer().len()
    }

    /// The address of the peer.
    ///
    /// # Errors
    ///
    /// If the system cannot tell, as when the connection is broken.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.framed.get_ref().peer_addr()
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// If the system cannot tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.framed.get_ref().local_addr()
    }
}

impl Stream for Connection {
    type Item = Result<Result<Packet, BadPacket>, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.framed).poll_next(cx)
    }
}

impl<'a> Sink<&'a Packet> for Connection {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<&'a Packet>::poll_ready(Pin::new(&mut self.framed), cx)
    }

    fn start_send(mut self: Pin<&mut Self>, packet: &'a Packet) -> Result<(), SendError> {
        Pin::new(&mut self.framed).start_send(packet)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<&'a Packet>::poll_flush(Pin::new(&mut self.framed), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<&'a Packet>::poll_close(Pin::new(&mut self.framed), cx)
    }
}

impl Sink<Packet> for Connection {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<Packet>::poll_ready(Pin::new(&mut self.framed), cx)
    }

    fn start_send(mut self: Pin<&mut Self>, packet: Packet) -> Result<(), SendError> {
        Pin::new(&mut self.framed).start_send(packet)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<Packet>::poll_flush(Pin::new(&mut self.framed), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<Packet>::poll_close(Pin::new(&mut self.framed), cx)
    }
}

/// Sends bytes that the caller knows to be one packet; they are not checked.
impl Sink<Bytes> for Connection {
    type Error = SendError;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<Bytes>::poll_ready(Pin::new(&mut self.framed), cx)
    }

    fn start_send(mut self: Pin<&mut Self>, packet: Bytes) -> Result<(), SendError> {
        Pin::new(&mut self.framed).start_send(packet)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<Bytes>::poll_flush(Pin::new(&mut self.framed), cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Sink::<Bytes>::poll_close(Pin::new(&mut self.framed), cx)
    }
}
