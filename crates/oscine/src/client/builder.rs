//! A client's description.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use oscine_codec::DecodeOptions;
use oscine_transport::tcp::Connection;
use oscine_transport::{Endpoint, Udp};
use tokio::sync::Mutex;

use crate::client::client::Client;
use crate::client::error::ClientError;
use crate::client::link::Link;

/// A client's description.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until it connects"]
pub struct ClientBuilder {
    decode: DecodeOptions,
    timeout: Duration,
    bind: Option<SocketAddr>,
    broadcast: bool,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            decode: DecodeOptions::new(),
            timeout: Duration::from_secs(5),
            bind: None,
            broadcast: false,
        }
    }
}

impl Client {
    /// A client on UDP: `"127.0.0.1:9000"`, `"mixer.local:10023"`. The name is resolved once.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the name cannot be resolved or the system has no socket. That nobody listens there is no
    /// error.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn udp(address: impl ToString) -> Result<Self, ClientError> {
        Self::connect(format!("osc.udp://{}", address.to_string())).await
    }

    /// A client on TCP. It speaks SLIP (OSC 1.1); [`connect`](Self::connect) can name another framing.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the name cannot be resolved or nobody listens there.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn tcp(address: impl ToString) -> Result<Self, ClientError> {
        Self::connect(format!("osc.tcp://{}", address.to_string())).await
    }

    /// A client of an [`Endpoint`](oscine_transport::Endpoint), which may be given as text:
    /// `"osc.tcp://127.0.0.1:3032?framing=length"`.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it is no endpoint, the name cannot be resolved, or nobody listens there.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn connect(endpoint: impl ToString) -> Result<Self, ClientError> {
        Self::builder().connect(endpoint).await
    }

    /// Starts a client's description.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }
}

impl ClientBuilder {
    /// How long a request waits for its reply. Default 5 seconds.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What decoding accepts. Default [`DecodeOptions::new`].
    pub const fn decode_options(mut self, options: DecodeOptions) -> Self {
        self.decode = options;
        self
    }

    /// The local address of a UDP client, for peers that answer to a fixed port. Default: any free port.
    pub const fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// Allows a UDP client to send to a broadcast address. Default off.
    pub const fn broadcast(mut self, broadcast: bool) -> Self {
        self.broadcast = broadcast;
        self
    }

    /// Connects to an [`Endpoint`], which may be given as text.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it is no endpoint, the name cannot be resolved, or there is no way to it.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn connect(self, endpoint: impl ToString) -> Result<Client, ClientError> {
        let text = endpoint.to_string();
        let endpoint: Endpoint = text
            .parse()
            .map_err(|source| ClientError::Endpoint { endpoint: text.clone(), source })?;
        self.open(&endpoint).await.map_err(|source| ClientError::Connect { endpoint: text, source })
    }

    async fn open(self, endpoint: &Endpoint) -> io::Result<Client> {
        let peer_addr = endpoint.resolve().await?;
        let (link, local_addr) = match endpoint {
            Endpoint::Tcp { framing, .. } => {
                let connection = Connection::builder()
                    .framing(*framing)
                    .decode_options(self.decode)
                    .connect(peer_addr)
                    .await?;
                let local_addr = connection.local_addr()?;
                let (sink, stream) = connection.split();
                (Link::Tcp { sink: Mutex::new(sink), stream }, local_addr)
            }
            _ => {
                let any: SocketAddr = match peer_addr {
                    SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
                    SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
                };
                let udp = Udp::builder()
                    .decode_options(self.decode)
                    .broadcast(self.broadcast)
                    .bind(self.bind.unwrap_or(any))
                    .await?;
                udp.connect(peer_addr).await?;
                let local_addr = udp.local_addr()?;
                (Link::Udp(Box::new(udp)), local_addr)
            }
        };
        let backlog = VecDeque::new();
        Ok(Client { link, backlog, timeout: self.timeout, local_addr, peer_addr })
    }
}
