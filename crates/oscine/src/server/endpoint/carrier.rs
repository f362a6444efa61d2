//! What carries datagrams for the program.

use std::error::Error;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::{Sink, Stream};
use oscine_transport::PeerAddr;
use oscine_transport::guard::guarded;
use oscine_transport::stats::Counters;

/// What carries datagrams, whatever it calls its peers.
pub(crate) type AnyCarrier = Pin<Box<dyn Carrier>>;

/// A stream and a sink of datagrams.
pub(crate) trait Carrier:
    Stream<Item = io::Result<(Bytes, PeerAddr)>> + Sink<(Bytes, PeerAddr), Error = BoxError> + Send
{
}

impl<D> Carrier for D where
    D: Stream<Item = io::Result<(Bytes, PeerAddr)>>
        + Sink<(Bytes, PeerAddr), Error = BoxError>
        + Send
{
}

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Forgets what a carrier is, and what it calls its peers.
pub(crate) fn erase<D, A>(carrier: D) -> AnyCarrier
where
    D: Stream<Item = io::Result<(Bytes, A)>> + Sink<(Bytes, A)> + Send + 'static,
    D::Error: Into<BoxError>,
    A: Into<PeerAddr> + TryFrom<PeerAddr> + 'static,
{
    Box::pin(Translated { carrier: Box::pin(carrier), names: PhantomData })
}

/// What is known of a carrier where packets are handed over to it.
#[derive(Debug, Clone)]
pub(crate) struct CarrierSender {
    /// Whether it can send to this peer.
    pub(crate) knows: fn(&PeerAddr) -> bool,
    pub(crate) counters: Arc<Counters>,
}

/// Whether a carrier that calls its peers `A` can send to this one.
pub(crate) fn knows<A: TryFrom<PeerAddr>>(addr: &PeerAddr) -> bool {
    // It is the program's, may panic, and is asked in the loop, too.
    guarded(|| A::try_from(addr.clone()).is_ok()).unwrap_or(false)
}

/// A carrier that calls its peers `A`, as one that calls them by address.
struct Translated<D, A> {
    carrier: Pin<Box<D>>,
    names: PhantomData<fn() -> A>,
}

impl<D, A> Stream for Translated<D, A>
where
    D: Stream<Item = io::Result<(Bytes, A)>>,
    A: Into<PeerAddr>,
{
    type Item = io::Result<(Bytes, PeerAddr)>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.get_mut().carrier.as_mut().poll_next(cx);
        next.map(|next| next.map(|item| item.map(|(bytes, name)| (bytes, name.into()))))
    }
}

impl<D, A> Sink<(Bytes, PeerAddr)> for Translated<D, A>
where
    D: Sink<(Bytes, A)>,
    D::Error: Into<BoxError>,
    A: TryFrom<PeerAddr>,
{
    type Error = BoxError;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.get_mut().carrier.as_mut().poll_ready(cx).map_err(Into::into)
    }

    fn start_send(self: Pin<&mut Self>, (bytes, addr): (Bytes, PeerAddr)) -> Result<(), BoxError> {
        // What it does not know was refused when it was handed over.
        let name = A::try_from(addr).map_err(|_| "no name that the carrier knows")?;
        self.get_mut().carrier.as_mut().start_send((bytes, name)).map_err(Into::into)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.get_mut().carrier.as_mut().poll_flush(cx).map_err(Into::into)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.get_mut().carrier.as_mut().poll_close(cx).map_err(Into::into)
    }
}
