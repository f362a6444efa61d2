//! How a connection is made.

use std::io;

use oscine_codec::DecodeOptions;
use tokio::net::{TcpStream, ToSocketAddrs};

use crate::framing::kind::FramingKind;
use crate::tcp::config::Config;
use crate::tcp::connection::Connection;

/// Connects with this framing and the default options.
///
/// With [`FramingKind::Auto`] SLIP is written until the peer has been heard.
///
/// # Errors
///
/// If the address cannot be resolved, or nobody accepts at any of those it stands for.
///
/// # Cancel safety
///
/// This function is cancel safe. If it does not complete, there is no connection.
pub async fn connect(address: impl ToSocketAddrs, framing: FramingKind) -> io::Result<Connection> {
    Connection::builder().framing(framing).connect(address).await
}

impl Connection {
    /// Begins to set options.
    pub fn builder() -> ConnectionBuilder {
        ConnectionBuilder { config: Config::default() }
    }
}

/// The options of a connection.
///
/// # Examples
///
/// ```no_run
/// use oscine_transport::{framing::FramingKind, tcp::Connection};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let connection = Connection::builder()
///     .framing(FramingKind::LengthPrefix)
///     .max_frame(64 * 1024)
///     .connect("console.local:3032")
///     .await?;
/// # let _ = connection;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it is connected"]
pub struct ConnectionBuilder {
    config: Config,
}

impl ConnectionBuilder {
    /// Sets the framing: [`FramingKind::Auto`] by default.
    ///
    /// Then SLIP is written until the peer has been heard. A peer that wants length prefixes, and
    /// waits to be spoken to, needs [`FramingKind::LengthPrefix`].
    pub fn framing(mut self, framing: FramingKind) -> Self {
        self.config.framing = framing;
        self
    }

    /// Sets the longest packet in bytes, both ways: 1 MiB by default
    /// ([`DEFAULT_MAX_FRAME`](crate::framing::DEFAULT_MAX_FRAME)).
    ///
    /// A peer can make us hold this much, over SLIP twice as much. A longer packet is dropped over
    /// SLIP, and ends the connection over length prefixes.
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.config.max_frame = bytes;
        self
    }

    /// Sets how packets are decoded: [`DecodeOptions::default`] by default.
    pub fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.config.decode = options;
        self
    }

    /// Sets `TCP_NODELAY`: true by default.
    ///
    /// Without it the system may hold a small packet back until the one before it was acknowledged,
    /// which takes up to a fifth of a second.
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.config.nodelay = nodelay;
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// If the address cannot be resolved, or nobody accepts at any of those it stands for.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, there is no connection.
    pub async fn connect(self, address: impl ToSocketAddrs) -> io::Result<Connection> {
        Ok(self.wrap(TcpStream::connect(address).await?))
    }

    /// Takes over a stream that is connected already.
    #[must_use]
    pub fn wrap(self, stream: TcpStream) -> Connection {
        Connection::new(stream, &self.config, None)
    }
}
