//! An endpoint and its text.

use core::{fmt, str::FromStr};
use std::{io, net::SocketAddr, path::PathBuf};

use tokio::net::lookup_host;

use crate::endpoint::error::ParseEndpointError;
use crate::endpoint::host::Host;
use crate::framing::kind::FramingKind;

/// Where to send or receive: a transport, an address, and a framing where there is a choice.
///
/// The [module page](crate::endpoint) has the grammar.
///
/// # Examples
///
/// ```
/// use oscine_transport::{Endpoint, endpoint::Host, framing::FramingKind};
///
/// let endpoint: Endpoint = "osc.tcp://mixer.local:3032?framing=length".parse()?;
/// let host = Host::Name("mixer.local".into());
/// assert_eq!(endpoint, Endpoint::Tcp { host, port: 3032, framing: FramingKind::LengthPrefix });
/// assert_eq!(endpoint.to_string(), "osc.tcp://mixer.local:3032?framing=length");
/// # Ok::<(), oscine_transport::endpoint::ParseEndpointError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// Datagrams over UDP.
    Udp {
        /// The host.
        host: Host,
        /// The port; 0 is any free port when binding.
        port: u16,
    },
    /// A stream over TCP.
    Tcp {
        /// The host.
        host: Host,
        /// The port; 0 is any free port when binding.
        port: u16,
        /// The framing; [`FramingKind::Auto`] if none is named.
        framing: FramingKind,
    },
    /// A unix socket.
    Unix {
        /// The path in the file system.
        path: PathBuf,
        /// The framing of a stream, or none for datagrams.
        framing: Option<FramingKind>,
    },
}

impl Endpoint {
    /// Finds the address of the socket: looks up the host if it is a name.
    ///
    /// If a name has addresses of both families the first IPv4 one is taken: most devices that
    /// speak OSC know no other, and a datagram to the wrong one is lost without a word. Write an
    /// IPv6 address to reach one.
    ///
    /// # Errors
    ///
    /// If the name cannot be resolved (the error tells the name), or if the endpoint is a unix
    /// socket, which has a path and no address.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. A look-up that was begun ends by itself, without an effect.
    pub async fn resolve(&self) -> io::Result<SocketAddr> {
        let (host, port) = match self {
            Self::Udp { host, port } | Self::Tcp { host, port, .. } => (host, *port),
            Self::Unix { .. } => {
                let reason = format!("{self} has no network address");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
            }
        };
        if let Some(address) = host.socket_addr(port) {
            return Ok(address);
        }
        let name = host.to_string();
        let unresolved = |error: io::Error| {
            io::Error::new(error.kind(), format!("host {name:?} cannot be resolved: {error}"))
        };
        let mut first = None;
        for address in lookup_host((name.as_str(), port)).await.map_err(unresolved)? {
            if address.is_ipv4() {
                return Ok(address);
            }
            first = first.or(Some(address));
        }
        first.ok_or_else(|| unresolved(io::Error::new(io::ErrorKind::NotFound, "no address")))
    }
}

/// Datagrams to or at this address.
impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V4(address) => Host::V4(*address.ip()),
            SocketAddr::V6(address) => {
                Host::V6 { address: *address.ip(), scope: address.scope_id() }
            }
        };
        Self::Udp { host, port: address.port() }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Udp { host, port } => write!(f, "osc.udp://{host}:{port}"),
            Self::Tcp { host, port, framing } => {
                write!(f, "osc.tcp://{host}:{port}?framing={framing}")
            }
            Self::Unix { path, framing: None } => write!(f, "osc.unix://{}", path.display()),
            Self::Unix { path, framing: Some(framing) } => {
                write!(f, "osc.unix://{}?framing={framing}", path.display())
            }
        }
    }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| ParseEndpointError::NoScheme { text: text.into() })?;
        let (place, query) = match rest.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (rest, None),
        };
        match scheme {
            "osc.udp" => {
                let (host, port) = host_and_port(place)?;
                match query {
                    None => Ok(Self::Udp { host, port }),
                    Some(option) => Err(ParseEndpointError::Option {
                        option: option.into(),
                        expected: "osc.udp has none",
                    }),
                }
            }
            "osc.tcp" => {
                let (host, port) = host_and_port(place)?;
                let framing = query.map(framing).transpose()?.unwrap_or_default();
                Ok(Self::Tcp { host, port, framing })
            }
            "osc.unix" if place.starts_with('/') => {
                let framing = query.map(framing).transpose()?;
                Ok(Self::Unix { path: place.into(), framing })
            }
            "osc.unix" => Err(ParseEndpointError::Path { path: place.into() }),
            _ => Err(ParseEndpointError::Scheme { scheme: scheme.into() }),
        }
    }
}

/// Reads `host`, `host:port` or `[address]:port`, and one slash at the end.
fn host_and_port(place: &str) -> Result<(Host, u16), ParseEndpointError> {
    let (place, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    if !matches!(path, "" | "/") {
        return Err(ParseEndpointError::UnexpectedPath { path: path.into() });
    }
    // The colons of an IPv6 address stand in brackets.
    let colon = match place.rfind(']') {
        Some(bracket) => place.rfind(':').filter(|&colon| colon > bracket),
        None if place.starts_with('[') => None,
        None => place.rfind(':'),
    };
    let (host, port) = place.split_at(colon.unwrap_or(place.len()));
    let port = match port.strip_prefix(':') {
        None => 0,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map_err(|_| ParseEndpointError::Port { port: digits.into() })?
        }
        Some(port) => return Err(ParseEndpointError::Port { port: port.into() }),
    };
    Ok((host.parse()?, port))
}

/// Reads `framing=slip`.
fn framing(query: &str) -> Result<FramingKind, ParseEndpointError> {
    match query.split_once('=') {
        Some(("framing", kind)) => Ok(kind.parse()?),
        _ => Err(ParseEndpointError::Option {
            option: query.into(),
            expected: "expected framing=length, framing=slip or framing=auto",
        }),
    }
}
