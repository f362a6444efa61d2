//! A client's description.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use oscine_codec::DecodeOptions;
use oscine_transport::Hook;
use oscine_transport::connection::{Any, Builder};
use oscine_transport::reconnect::{Reconnect, Reconnecting};

/// A client's description.
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use oscine::Client;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let qlab = Client::builder()
///     .bind("0.0.0.0:53001")
///     .timeout(Duration::from_secs(1))
///     .connect("osc.udp://192.168.1.20:53000")
///     .await?;
/// let console = Client::builder().reconnect(true).connect("osc.tcp://console.local:3032").await?;
/// # let _ = (qlab, console);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct ClientBuilder {
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) bind: Option<String>,
    #[cfg(unix)]
    pub(crate) bind_path: Option<std::path::PathBuf>,
    pub(crate) broadcast: bool,
    pub(crate) hear_anyone: bool,
    pub(crate) decode: Option<DecodeOptions>,
    pub(crate) max_frame: Option<usize>,
    /// The inner `None` waits for ever.
    pub(crate) write_timeout: Option<Option<Duration>>,
    pub(crate) hooks: Hooks,
    pub(crate) reconnect: Option<Builder<Any, Reconnect>>,
}

/// Hooks, in the order in which they were added.
#[derive(Clone, Default)]
pub(crate) struct Hooks(pub(crate) Vec<Arc<dyn Hook>>);

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            bind: None,
            #[cfg(unix)]
            bind_path: None,
            broadcast: false,
            hear_anyone: false,
            decode: None,
            max_frame: None,
            write_timeout: None,
            hooks: Hooks::default(),
            reconnect: None,
        }
    }
}

/// What can be set on every client.
impl ClientBuilder {
    /// How long a request waits for its reply. Default 5 seconds.
    ///
    /// [`request_within`](crate::Client::request_within) sets it for one request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long connecting may take, with resolving the name. Default 5 seconds; systems try for two
    /// minutes.
    ///
    /// A client that [reconnects](Self::reconnect_with) has a time-out of its own for that.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// What decoding accepts. Default [`DecodeOptions::new`].
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.decode = Some(options);
        self
    }

    /// The longest packet in bytes: received, and on streams sent. Default 1 MiB on streams, 65,536
    /// over unix datagrams, and whatever a datagram carries over UDP.
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = Some(bytes);
        self
    }

    /// Adds a [hook](oscine_transport::hook), which sees the bytes of every packet. Default none.
    ///
    /// A hook may use the client. Over a connection it cannot send by it, and nowhere wait for a
    /// reply: that is [`SendError::InHook`](oscine_transport::SendError::InHook) at once.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.0.push(Arc::new(hook));
        self
    }

    /// The client's own address over UDP and TCP, for peers that answer to a fixed port:
    /// `"0.0.0.0:53001"`. Default any free port.
    ///
    /// Over TCP a fixed port can be used again only a minute after the connection was closed from
    /// this side; a client that reconnects over TCP therefore cannot have one.
    pub fn bind(mut self, address: impl ToString) -> Self {
        self.bind = Some(address.to_string());
        self
    }
}

/// What can be set on clients of datagrams.
impl ClientBuilder {
    /// Allows a UDP client to send to a broadcast address. Default off.
    ///
    /// Those who answer have addresses of their own, so it hears [anyone](Self::hear_anyone).
    pub fn broadcast(mut self, broadcast: bool) -> Self {
        self.broadcast = broadcast;
        self
    }

    /// Whether a UDP client hears whoever sends to its port. Default off: it hears its peer alone,
    /// that is the address and port that it sends to.
    ///
    /// It is for devices that answer from another port than the one they listen on. What others send
    /// is then believed as well: a request has its reply from whoever is first. Clients that
    /// broadcast, and those of multicast groups, hear anyone in any case.
    pub fn hear_anyone(mut self, anyone: bool) -> Self {
        self.hear_anyone = anyone;
        self
    }

    /// The path of a client of unix datagrams. Default none: it can send, and nobody can answer.
    ///
    /// It makes a file there, which is removed with the client.
    #[cfg(unix)]
    pub fn bind_path(mut self, path: impl Into<std::path::PathBuf>) -> Self {
        self.bind_path = Some(path.into());
        self
    }
}

/// What can be set on clients of streams.
impl ClientBuilder {
    /// For how long the peer may take nothing of what is sent. Default 30 seconds; `None` waits for
    /// ever. After that sending fails with
    /// [`SendError::Stalled`](oscine_transport::SendError::Stalled).
    pub fn write_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.write_timeout = Some(limit.into());
        self
    }

    /// Connects again whenever the connection breaks, over TCP and unix streams. Default off.
    ///
    /// Connecting then returns at once, whether the peer is there or not, and packets are queued; the
    /// page of [`reconnect`](oscine_transport::reconnect) tells what becomes of them.
    /// [`Client::states`](crate::Client::states) tells how the client stands and what was lost.
    /// Datagrams know no connection: there it changes nothing.
    pub fn reconnect(mut self, reconnect: bool) -> Self {
        self.reconnect = reconnect.then(Reconnecting::builder);
        self
    }

    /// As [`reconnect`](Self::reconnect), with options: the length of the queue, how long a packet
    /// may wait in it, the back-off.
    ///
    /// What else is set on this builder is added to them.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use oscine::Client;
    /// use oscine::transport::reconnect::Reconnecting;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = Reconnecting::builder().max_age(Duration::from_millis(500)).queue(64);
    /// let client =
    ///     Client::builder().reconnect_with(policy).connect("osc.tcp://console.local:3032").await?;
    /// client.connected().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reconnect_with(mut self, policy: Builder<Any, Reconnect>) -> Self {
        self.reconnect = Some(policy);
        self
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} hooks", self.0.len())
    }
}
