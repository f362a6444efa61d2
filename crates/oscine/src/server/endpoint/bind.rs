//! What a server is to listen on.

use std::fmt;
use std::sync::Arc;

use oscine_codec::DecodeOptions;
use oscine_transport::hook::Hook;
use oscine_transport::tcp;
use oscine_transport::udp::UdpBuilder;
#[cfg(unix)]
use oscine_transport::unix;

use crate::address_space::address_space::AddressSpace;

/// Changes a builder of the transport.
pub(crate) type Tune<B> = Option<Arc<dyn Fn(B) -> B + Send + Sync>>;

/// An address to listen on, and what is special about it.
///
/// Text alone will do where nothing is: whatever takes a `Bind` takes `"127.0.0.1:9000"` too.
///
/// # Examples
///
/// ```
/// use oscine::{AddressSpace, Bind, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let remote = AddressSpace::new();
/// remote.method("/go", || println!("go"))?;
/// let server = Server::builder()
///     .udp("127.0.0.1:0")
///     .udp(Bind::new("127.0.0.1:0").address_space(remote).with_udp(|udp| udp.broadcast(true)))
///     .bind()
///     .await?;
/// assert_eq!(server.endpoints().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it does nothing until a server is bound to it"]
pub struct Bind {
    pub(crate) address: String,
    pub(crate) space: Option<AddressSpace>,
    pub(crate) decode: Option<DecodeOptions>,
    pub(crate) max_frame: Option<usize>,
    pub(crate) hooks: Vec<Arc<dyn Hook>>,
    pub(crate) udp: Tune<UdpBuilder>,
    pub(crate) tcp: Tune<tcp::ListenerBuilder>,
    #[cfg(unix)]
    pub(crate) unix: Tune<unix::DatagramsBuilder>,
    #[cfg(unix)]
    pub(crate) unix_stream: Tune<unix::ListenerBuilder>,
}

impl Bind {
    /// An address: a host and a port, the path of a unix socket, or the text of an endpoint.
    pub fn new(address: impl ToString) -> Self {
        Self {
            address: address.to_string(),
            space: None,
            decode: None,
            max_frame: None,
            hooks: Vec::new(),
            udp: None,
            tcp: None,
            #[cfg(unix)]
            unix: None,
            #[cfg(unix)]
            unix_stream: None,
        }
    }

    /// Where messages that arrive here are dispatched to. Default: the address space of the server.
    pub fn address_space(mut self, space: AddressSpace) -> Self {
        self.space = Some(space);
        self
    }

    /// What decoding accepts here. Default: as the server.
    pub const fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.decode = Some(options);
        self
    }

    /// How large a frame of a stream may be, or a datagram, in bytes. Default: as the server for streams; what UDP
    /// carries, and 65,536 bytes over unix sockets.
    pub const fn max_frame(mut self, bytes: usize) -> Self {
        self.max_frame = Some(bytes);
        self
    }

    /// Adds a [hook](oscine_transport::hook) on the bytes that pass here, added after those of the server: what arrives
    /// passes it before them, what leaves behind them.
    pub fn hook(mut self, hook: impl Hook + 'static) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Sets options of a UDP socket: multicast groups, broadcast, buffers and all others but for what decoding accepts:
    /// that is [`decode_options`](Self::decode_options).
    pub fn with_udp(
        mut self,
        options: impl Fn(UdpBuilder) -> UdpBuilder + Send + Sync + 'static,
    ) -> Self {
        self.udp = Some(Arc::new(options));
        self
    }

    /// Sets options of a TCP listener and of the connections that it accepts.
    pub fn with_tcp(
        mut self,
        options: impl Fn(tcp::ListenerBuilder) -> tcp::ListenerBuilder + Send + Sync + 'static,
    ) -> Self {
        self.tcp = Some(Arc::new(options));
        self
    }

    /// Sets options of a socket for unix datagrams.
    #[cfg(unix)]
    pub fn with_unix(
        mut self,
        options: impl Fn(unix::DatagramsBuilder) -> unix::DatagramsBuilder + Send + Sync + 'static,
    ) -> Self {
        self.unix = Some(Arc::new(options));
        self
    }

    /// Sets options of a listener for unix streams and of the connections that it accepts.
    #[cfg(unix)]
    pub fn with_unix_stream(
        mut self,
        options: impl Fn(unix::ListenerBuilder) -> unix::ListenerBuilder + Send + Sync + 'static,
    ) -> Self {
        self.unix_stream = Some(Arc::new(options));
        self
    }

    /// The same with a scheme in front of the address.
    pub(crate) fn scheme(mut self, scheme: &str) -> Self {
        self.address.insert_str(0, scheme);
        self
    }
}

/// Any text.
impl<T: ToString> From<T> for Bind {
    fn from(address: T) -> Self {
        Self::new(address)
    }
}

impl fmt::Debug for Bind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bind").field("address", &self.address).finish_non_exhaustive()
    }
}
