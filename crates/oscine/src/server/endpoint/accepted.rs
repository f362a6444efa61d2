//! What a stream of connections may yield.

use oscine_transport::PeerAddr;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::server::endpoint::any_stream::AnyStream;

/// A connection that the program has accepted itself; see
/// [`ServerBuilder::connections`](crate::ServerBuilder::connections).
///
/// Implemented for whatever reads and writes bytes, and for pairs of that and who is at the other end: what becomes a
/// [`PeerAddr`], such as a [`SocketAddr`](std::net::SocketAddr) or a name. `M` only tells the two apart and is always
/// inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a connection",
    label = "not a connection",
    note = "a connection is `AsyncRead + AsyncWrite + Unpin + Send + 'static`, or a pair of that and who is at the \
            other end: `SocketAddr`, `&str`, `String` or `PeerAddr`"
)]
pub trait Accepted<M>: 'static {
    /// Forgets the types.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "only this crate calls it")]
    fn into_parts(self) -> (AnyStream, PeerAddr);
}

/// Marks connections without a name.
#[derive(Debug)]
#[non_exhaustive]
#[expect(unnameable_types, reason = "it is only inferred")]
pub struct Nameless;

/// Marks connections with a name.
#[derive(Debug)]
#[non_exhaustive]
#[expect(unnameable_types, reason = "it is only inferred")]
pub struct Named;

#[expect(private_interfaces, reason = "only this crate calls it")]
impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Accepted<Nameless> for S {
    fn into_parts(self) -> (AnyStream, PeerAddr) {
        (Box::new(self), PeerAddr::Unnamed)
    }
}

#[expect(private_interfaces, reason = "only this crate calls it")]
impl<S, A> Accepted<Named> for (S, A)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Into<PeerAddr> + 'static,
{
    fn into_parts(self) -> (AnyStream, PeerAddr) {
        (Box::new(self.0), self.1.into())
    }
}
