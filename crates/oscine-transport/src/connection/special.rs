//! What is special about one connection.

use crate::connection::connection::Connection;
use crate::framing::any::AnyFraming;
use crate::framing::detect::Detect;
use crate::framing::kind::FramingKind;
use crate::hook::contract::Hook;

/// What is special about one connection of many, before anything has gone through it.
///
/// A listener gives all its connections the same options. When one has been accepted its peer is
/// known, and options that are that peer's can be set on it.
///
/// # Examples
///
/// ```
/// use oscine_transport::{framing::FramingKind, tcp::Listener};
/// use tokio::{io::AsyncWriteExt, net::TcpStream};
/// use futures::StreamExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = Listener::bind("127.0.0.1:0").await?;
/// let mut old_desk = TcpStream::connect(listener.local_addr()?).await?;
///
/// let (mut connection, peer) = listener.accept().await;
/// if peer.ip().is_loopback() {
///     connection.set_framing(FramingKind::LengthPrefix);
///     connection.set_max_frame(1024);
/// }
/// old_desk.write_all(b"\0\0\0\x08/a\0\0,\0\0\0").await?;
/// assert!(connection.next().await.ok_or("closed")??.is_ok());
/// # Ok(())
/// # }
/// ```
impl<S> Connection<S> {
    /// Sets another framing for this connection, also in the place of
    /// [one of another kind](super::Builder::framing_with), whose limit goes with it.
    ///
    /// Call it before anything was received or sent: afterwards the peer has been heard, and
    /// answered, in the framing before, and what has arrived of a frame is lost.
    pub fn set_framing(&mut self, framing: FramingKind) {
        match self.codec.framing_mut() {
            AnyFraming::Known(known) => known.set_kind(framing),
            other @ AnyFraming::Custom(_) => *other = AnyFraming::Known(Detect::new(framing)),
        }
    }

    /// Sets the longest packet of this connection in bytes, both ways. It does not reach a framing
    /// [of another kind](super::Builder::framing_with).
    ///
    /// Call it before anything was received or sent.
    pub fn set_max_frame(&mut self, bytes: usize) {
        if let AnyFraming::Known(known) = self.codec.framing_mut() {
            known.set_max_frame(bytes);
        }
    }

    /// Adds a [hook](crate::hook) to this connection, around those it has. It hears that the
    /// connection is open; whether the peer may connect is for the caller to ask it before.
    ///
    /// What was received or sent before has not passed it.
    pub fn add_hook(&mut self, hook: impl Hook + 'static) {
        hook.connected(self.codec.peer_addr());
        self.codec.add_hook(hook);
    }
}
