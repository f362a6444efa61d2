//! How connections are made, and what listeners make of those they accept.

use core::time::Duration;
use std::sync::Arc;

use oscine_codec::{DecodeOptions, Packet};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection::connection::Connection;
use crate::connection::gate::Gate;
use crate::connection::options::{Choice, Options};
use crate::connection::role::{Any, Connect, Listen};
use crate::framing::contract::Framing;
use crate::framing::kind::FramingKind;
use crate::framing::slip::Slip;
use crate::hook::contract::Hook;
use crate::peer_addr::PeerAddr;
use crate::stats::counters::Counters;

/// The options of connections.
///
/// `K` is the kind of socket and `R` what is made of it: one connection, or a listener with the
/// connections it accepts. What is here on every `Builder` can be set everywhere. The builders that
/// make sockets have names of their own:
///
/// | | connects | listens |
/// | --- | --- | --- |
/// | TCP | [`tcp::ConnectionBuilder`](crate::tcp::ConnectionBuilder) | [`tcp::ListenerBuilder`](crate::tcp::ListenerBuilder) |
/// | unix | `unix::ConnectionBuilder` | `unix::ListenerBuilder` |
/// | any stream | `Builder` | |
///
/// A builder can be cloned and used again, for instance to connect once more.
///
/// # Examples
///
/// ```
/// use futures::{SinkExt, StreamExt};
/// use oscine_codec::{Message, Packet};
/// use oscine_transport::{connection::Builder, framing::FramingKind};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (near, far) = tokio::io::duplex(1024);
/// let builder = Builder::new().framing(FramingKind::LengthPrefix).max_frame(64 * 1024);
/// let (mut near, mut far) = (builder.clone().wrap(near), builder.wrap(far));
///
/// let packet: Packet = Message::new("/fader", (0.5_f32,))?.into();
/// near.send(&packet).await?;
/// assert_eq!(far.next().await.ok_or("closed")???, packet);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it has a stream"]
pub struct Builder<K = Any, R = Connect> {
    pub(crate) options: Options,
    pub(crate) kind: K,
    pub(crate) role: R,
}

impl Builder {
    /// Begins to set options for a stream that is at hand.
    pub fn new() -> Self {
        Self { options: Options::new(), kind: Any { peer: PeerAddr::Unnamed }, role: Connect }
    }

    /// Sets who is told to be at the other end: [`PeerAddr::Unnamed`] by default.
    pub fn peer(mut self, peer: PeerAddr) -> Self {
        self.kind.peer = peer;
        self
    }

    /// Makes a connection of a stream: TLS, a serial line, a pipe.
    #[must_use]
    pub fn wrap<S: AsyncRead + AsyncWrite + Unpin>(self, stream: S) -> Connection<S> {
        Connection::new(stream, self.kind.peer, &self.options, None)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

/// What can be set on every connection.
impl<K, R> Builder<K, R> {
    /// Sets the framing: [`FramingKind::Auto`] by default.
    ///
    /// It finds out what the peer uses and answers in the same. Who speaks first writes SLIP, or
    /// what [`speak_first`](Self::speak_first) says. A peer that wants length prefixes, and waits
    /// to be spoken to, needs [`FramingKind::LengthPrefix`].
    pub fn framing(mut self, framing: FramingKind) -> Self {
        self.options.framing = Choice::Known(framing);
        self
    }

    /// Sets a framing of another kind: `make` is called for each connection.
    ///
    /// It has its own limit: [`max_frame`](Self::max_frame) does not reach it, nor do
    /// [`slip`](Self::slip) and [`speak_first`](Self::speak_first).
    ///
    /// # Examples
    ///
    /// ```
    /// use oscine_transport::{connection::Builder, framing::LengthPrefix};
    ///
    /// let (near, _far) = tokio::io::duplex(1024);
    /// let connection = Builder::new().framing_with(|| LengthPrefix::with_max_frame(512)).wrap(near);
    /// assert_eq!(connection.framing(), None);
    /// ```
    pub fn framing_with<F>(mut self, make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Framing + Send + Sync + 'static,
    {
        self.options.framing = Choice::Custom(Arc::new(move || Box::new(make())));
        self
    }

    /// Sets what [`FramingKind::Auto`] writes before the peer has been heard: SLIP by default.
    ///
    /// A peer that does not detect cannot read the wrong one.
    pub fn speak_first(mut self, framing: FramingKind) -> Self {
        self.options.speak_first = framing;
        self
    }

    /// Sets how SLIP is read and written, where it is: [`Slip::new`] by default.
    ///
    /// A limit that was set there stands for SLIP; otherwise that of the connection does.
    pub fn slip(mut self, slip: Slip) -> Self {
        self.options.slip = slip;
        self
    }

    /// Sets the longest packet in bytes, both ways: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`](crate::framing::DEFAULT_MAX_FRAME)).
    ///
    /// Each peer can make us hold this much, over SLIP twice as much, in a buffer that doubles as it
    /// grows. So worst-case memory use of a listener is twice this, or four times, times the number
    /// of its connections. A longer packet is dropped over SLIP, and ends the connection over length
    /// prefixes.
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.options.max_frame = bytes;
        self
    }

    /// Sets how packets are decoded: [`DecodeOptions::default`] by default.
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.options.decode = options;
        self
    }

    /// Adds a [hook](crate::hook): none by default. It serves all connections that are made.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.options.hooks.push(hook);
        self
    }

    /// Sets who may talk, by the first packet: everybody by default.
    ///
    /// The first packet is not handed out, but shown to `admit`, such as a password. If it says no,
    /// or if the first packet is none, the stream ends with
    /// [`StreamError::Refused`](crate::StreamError::Refused), which is counted. What is sent to the
    /// peer does not wait for it. `admit` must not block. One that panics has said no.
    pub fn on_first_packet(
        mut self,
        admit: impl Fn(&Packet, &PeerAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.options.gate = Some(Gate::new(admit));
        self
    }

    /// Sets the counters to count in: by default each connection that is made has its own, and all
    /// connections of a listener share those of the listener.
    pub fn counters(mut self, counters: Arc<Counters>) -> Self {
        self.options.counters = Some(counters);
        self
    }

    /// Sets for how long nothing may arrive: for ever by default.
    ///
    /// After that the stream ends with [`StreamError::Idle`](crate::StreamError::Idle). Controllers
    /// that are silent for hours are common, so there is no limit unless it is asked for; without
    /// one, peers that vanished without a word hold their places (but see `keep_alive` of TCP).
    /// Time in which nobody reads counts too.
    pub fn idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.options.idle = limit.into();
        self
    }

    /// Sets how long a packet may take from its first byte to its last: 10 s by default on
    /// listeners, for ever on connections that are made from here.
    ///
    /// After that the stream ends with [`StreamError::Slow`](crate::StreamError::Slow), whether
    /// bytes still trickle in or not: nobody can hold memory and a place by never finishing. On a
    /// line so slow that a packet of the size you expect takes longer, set a longer one.
    pub fn frame_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.options.frame = limit.into();
        self
    }

    /// Sets for how long a peer may take nothing of what is sent: 30 s by default.
    ///
    /// After that sending fails with [`SendError::Stalled`](crate::SendError::Stalled). A peer that
    /// takes one byte in that time is slow, and is waited for. `None` waits for ever for a peer
    /// that has stopped reading.
    pub fn write_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.options.write = limit.into();
        self
    }
}

/// What can be set on every listener.
impl<K> Builder<K, Listen> {
    /// Sets how many connections there may be at a time: 500 by default.
    ///
    /// Further peers wait in the backlog until a connection is dropped. Each connection takes a
    /// file descriptor, of which a process often has 1,024.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.role.max_connections = connections;
        self
    }

    /// Sets how many peers the system keeps waiting to be accepted: 300 by default.
    ///
    /// When it is full, peers are refused or connect late. The system may allow fewer.
    pub fn backlog(mut self, peers: u32) -> Self {
        self.role.backlog = peers;
        self
    }
}
