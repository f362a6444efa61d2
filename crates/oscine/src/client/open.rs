//! From an endpoint to a client.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use oscine_transport::connection::{Any, Builder};
use oscine_transport::endpoint::Host;
use oscine_transport::framing::FramingKind;
use oscine_transport::reconnect::Reconnect;
use oscine_transport::tcp::Connection;
use oscine_transport::udp::Udp;
use oscine_transport::{Endpoint, PeerAddr};
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::client::builder::ClientBuilder;
use crate::client::client::Client;
use crate::client::error::ClientError;
use crate::client::wrap;

impl Client {
    /// A client on UDP: `"127.0.0.1:9000"`, `"mixer.local:10023"`. The name is resolved once.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no port, the name cannot be resolved or the system has no
    /// socket. That nobody listens there is no error.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn udp(address: impl ToString) -> Result<Self, ClientError> {
        Self::connect(format!("osc.udp://{}", address.to_string())).await
    }

    /// A client on TCP. It speaks SLIP (OSC 1.1) until the peer has been heard.
    ///
    /// A peer that knows the length prefix of OSC 1.0 alone does not understand that, and is silent:
    /// for such a one [`connect`](Self::connect) to `"osc.tcp://host:port?framing=length"`.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is no port, the name cannot be resolved or nobody listens there.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn tcp(address: impl ToString) -> Result<Self, ClientError> {
        Self::connect(format!("osc.tcp://{}", address.to_string())).await
    }

    /// A client of an [`Endpoint`], which may be given as text: `"osc.udp://mixer.local:10023"`,
    /// `"osc.tcp://127.0.0.1:3032?framing=length"`, `"osc.unix:///run/synth"`.
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
    /// Connects to an [`Endpoint`], which may be given as text.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when it is no endpoint, the name cannot be resolved, or there is no way to it
    /// in [time](Self::connect_timeout).
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, nothing was sent.
    pub async fn connect(self, endpoint: impl ToString) -> Result<Client, ClientError> {
        let text = endpoint.to_string();
        let endpoint: Endpoint = text
            .parse()
            .map_err(|source| ClientError::Endpoint { endpoint: text.clone(), source })?;
        let limit = self.connect_timeout;
        let opened = timeout(limit, self.open(&endpoint)).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {limit:?}");
            Err(io::Error::new(io::ErrorKind::TimedOut, reason).into())
        });
        opened.map_err(|refused| match refused {
            Refused::There(source) => ClientError::Connect { endpoint: text, source },
            Refused::Here(address, source) => ClientError::Bind { address, source },
        })
    }

    async fn open(self, endpoint: &Endpoint) -> Result<Client, Refused> {
        match (endpoint, self.reconnect.clone()) {
            (Endpoint::Udp { host: Host::Any, .. } | Endpoint::Tcp { host: Host::Any, .. }, _) => {
                Err(nothing_there(endpoint, "a client needs a host, and * is all"))
            }
            (Endpoint::Udp { port: 0, .. } | Endpoint::Tcp { port: 0, .. }, _) => {
                Err(nothing_there(endpoint, "a client needs a port, such as :9000"))
            }
            (Endpoint::Udp { .. }, _) => self.open_udp(endpoint).await,
            (Endpoint::Tcp { host, port, framing }, None) => {
                self.open_tcp(host, *port, *framing).await
            }
            (Endpoint::Tcp { .. }, Some(policy)) => match self.bind {
                None => self.open_reconnecting(policy, endpoint),
                Some(address) => {
                    let reason = "a client that reconnects over TCP has no port of its own";
                    let source = io::Error::new(io::ErrorKind::InvalidInput, reason);
                    Err(Refused::Here(address, source))
                }
            },
            #[cfg(unix)]
            (Endpoint::Unix { framing: Some(_), .. }, Some(policy)) => {
                self.open_reconnecting(policy, endpoint)
            }
            #[cfg(unix)]
            (Endpoint::Unix { path, framing: Some(framing) }, None) => {
                let builder = self.streams(oscine_transport::unix::Connection::builder());
                let connection = builder.framing(*framing).connect(path).await?;
                Ok(self.client(wrap::stream(connection, None)))
            }
            #[cfg(unix)]
            (Endpoint::Unix { path, framing: None }, _) => self.open_datagrams(path),
            _ => Err(nothing_there(endpoint, "a client knows no such endpoint")),
        }
    }

    async fn open_udp(self, endpoint: &Endpoint) -> Result<Client, Refused> {
        let peer = endpoint.resolve().await?;
        let builder = self.packets(Udp::builder().broadcast(self.broadcast));
        let udp = match &self.bind {
            Some(address) => builder
                .bind(address.as_str())
                .await
                .map_err(|source| Refused::Here(address.clone(), source))?,
            None => builder.bind(any(peer)).await?,
        };
        let parts = wrap::udp(udp, peer, self.hears_anyone(peer)).await?;
        Ok(self.client(parts))
    }

    /// Whether what arrives need not come from the peer.
    pub(crate) fn hears_anyone(&self, peer: SocketAddr) -> bool {
        self.hear_anyone || self.broadcast || peer.ip().is_multicast()
    }

    async fn open_tcp(
        self,
        host: &Host,
        port: u16,
        framing: FramingKind,
    ) -> Result<Client, Refused> {
        let mut builder = self.streams(Connection::builder()).framing(framing);
        if let Some(address) = &self.bind {
            let here = |source| Refused::Here(address.clone(), source);
            let local = lookup_host(address).await.map_err(here)?.next();
            let nothing = || here(io::ErrorKind::AddrNotAvailable.into());
            builder = builder.local_addr(local.ok_or_else(nothing)?);
        }
        let connection = match host.socket_addr(port) {
            Some(address) => builder.connect(address).await?,
            None => builder.connect((host.to_string(), port)).await?,
        };
        let local = connection.local_addr().ok();
        Ok(self.client(wrap::stream(connection, local)))
    }

    fn open_reconnecting(
        self,
        policy: Builder<Any, Reconnect>,
        endpoint: &Endpoint,
    ) -> Result<Client, Refused> {
        let client = self.streams(policy).endpoint(endpoint)?;
        Ok(self.client(wrap::reconnecting(client)))
    }

    #[cfg(unix)]
    fn open_datagrams(self, peer: &std::path::Path) -> Result<Client, Refused> {
        let builder = self.packets(oscine_transport::unix::Datagrams::builder());
        let datagrams = match &self.bind_path {
            Some(path) => builder
                .bind(path)
                .map_err(|source| Refused::Here(path.display().to_string(), source))?,
            None => builder.unbound()?,
        };
        datagrams.connect(peer)?;
        let peer = PeerAddr::Unix(peer.to_owned());
        Ok(self.client(wrap::datagrams(datagrams, peer)))
    }
}

/// At which end there was no way on.
enum Refused {
    /// At the client's own address.
    Here(String, io::Error),
    /// At the peer's, or before.
    There(io::Error),
}

impl From<io::Error> for Refused {
    fn from(source: io::Error) -> Self {
        Self::There(source)
    }
}

fn nothing_there(endpoint: &Endpoint, needed: &str) -> Refused {
    let reason = format!("{endpoint} is nothing to connect to: {needed}");
    io::Error::new(io::ErrorKind::InvalidInput, reason).into()
}

/// Any free port in the peer's family.
fn any(peer: SocketAddr) -> SocketAddr {
    match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}
