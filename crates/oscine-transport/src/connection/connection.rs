//! A connection of packets over any stream.

use std::sync::Arc;

use oscine_codec::Packet;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
};

use crate::codec::packet_codec::PacketCodec;
use crate::connection::fate::Fate;
use crate::connection::gate::Gate;
use crate::connection::inlet::Inlet;
use crate::connection::options::Options;
use crate::connection::outlet::Outlet;
use crate::connection::turn::Turn;
use crate::framing::any::AnyFraming;
use crate::framing::kind::FramingKind;
use crate::hook::contract::Hook;
use crate::peer_addr::PeerAddr;
use crate::send_error::SendError;
use crate::stats::counters::{ConnectionEvent, Counters};
use crate::stats::snapshot::Stats;

/// A connection: a stream of what arrives and a sink of packets, over a stream of bytes.
///
/// The items are `Ok(Ok(packet))`, `Ok(Err(bad_packet))` after which the stream goes on, and
/// `Err(error)` after which it ends; [`codec`](crate::codec) has the details. The sink takes what is
/// [`Outgoing`](crate::codec::Outgoing): [`Packet`], [`&Packet`](Packet), and
/// [`Bytes`](bytes::Bytes) that are a packet already.
///
/// The two directions end apart: see [`close`](Self::close). The connection is closed when it is
/// dropped; what was not flushed is lost then. One from a listener counts against the listener's
/// limit until it is dropped.
///
/// The sink holds at most 8 KiB and one packet before it waits for the peer. Reading holds at most
/// one unfinished packet.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    pub(super) io: S,
    pub(super) codec: PacketCodec<AnyFraming>,
    pub(super) inlet: Inlet,
    pub(super) outlet: Outlet,
    /// Whoever is to admit the first packet, until it has come.
    pub(super) gate: Option<Gate>,
    pub(super) fate: Fate,
    pub(super) turn: Turn,
    /// The place among the connections of a listener, given back when this is dropped; `None` for a
    /// connection that was made from here.
    _place: Option<OwnedSemaphorePermit>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(
        stream: S,
        peer: PeerAddr,
        options: &Options,
        place: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let codec = options.codec(peer);
        codec.counters().connection(ConnectionEvent::Opened);
        codec.hooks().connected(codec.peer_addr());
        Self {
            io: stream,
            codec,
            inlet: Inlet::new(options.idle, options.frame),
            outlet: Outlet::new(options.write),
            gate: options.gate.clone(),
            fate: Fate::default(),
            turn: Turn::default(),
            _place: place,
        }
    }

    /// Waits until everything sent has been handed to the system.
    ///
    /// # Errors
    ///
    /// [`SendError::Io`] if the connection is broken, [`SendError::Stalled`] if the peer has
    /// stopped reading.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the rest goes out with the next flush.
    pub async fn flush(&mut self) -> Result<(), SendError> {
        futures::SinkExt::<Packet>::flush(self).await
    }

    /// Waits until everything sent has been handed to the system, then ends the stream to the peer.
    ///
    /// What the peer still sends can be read after it. In the same way, a peer that has ended its
    /// stream may still wait for what is sent from here, in the framing it used. Who reads no more
    /// lets it [`linger`](Self::linger) before dropping it.
    ///
    /// # Errors
    ///
    /// [`SendError::Io`] if the connection is broken, [`SendError::Stalled`] if the peer has
    /// stopped reading.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, it can be called again.
    pub async fn close(&mut self) -> Result<(), SendError> {
        futures::SinkExt::<Packet>::close(self).await
    }
}

impl<S> Connection<S> {
    /// The framing in use; [`FramingKind::Auto`] until the first byte of the peer has told, `None`
    /// if it is [one of another kind](super::Builder::framing_with).
    #[must_use]
    pub fn framing(&self) -> Option<FramingKind> {
        match self.codec.framing() {
            AnyFraming::Known(framing) => Some(framing.kind()),
            AnyFraming::Custom(_) => None,
        }
    }

    /// How many bytes have arrived of a packet that is not whole yet.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.inlet.unfinished()
    }

    /// Who is at the other end, as far as it was known when the connection was made.
    #[must_use]
    pub fn peer(&self) -> &PeerAddr {
        self.codec.peer_addr()
    }

    /// What has gone through this connection so far, or through all that share its counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.codec.stats()
    }

    /// The counters in which this connection counts; what is read gets there when all that is at
    /// hand has been read.
    #[must_use]
    pub fn counters(&self) -> &Arc<Counters> {
        self.codec.counters()
    }

    /// The stream below, for instance to ask for a certificate.
    #[must_use]
    pub fn get_ref(&self) -> &S {
        &self.io
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.codec.settle();
        self.codec.counters().connection(ConnectionEvent::Closed);
        self.codec.hooks().closed(self.codec.peer_addr());
    }
}
