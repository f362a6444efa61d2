//! Why a text is not an endpoint.

use thiserror::Error;

use crate::framing::kind::ParseFramingKindError;

/// Why a text is not an [`Endpoint`](crate::Endpoint).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseEndpointError {
    /// The text does not begin with a scheme and `://`.
    #[error("no scheme in {text:?}, expected osc.udp://, osc.tcp:// or osc.unix://")]
    NoScheme {
        /// The text.
        text: String,
    },
    /// The scheme is not one of the three.
    #[error("unknown scheme {scheme:?}, expected osc.udp, osc.tcp or osc.unix")]
    Scheme {
        /// What stood before `://`.
        scheme: String,
    },
    /// There is nothing where the host is expected, or something that is no host.
    #[error(
        "{host:?} is not a host, expected a name, an IPv4 address, an IPv6 one in brackets, or *"
    )]
    Host {
        /// What stood there.
        host: String,
    },
    /// The port is not a number from 0 to 65535.
    #[error("port {port:?} is not a number from 0 to 65535")]
    Port {
        /// What stood after the colon.
        port: String,
    },
    /// The path of a unix socket is not absolute.
    #[error("path {path:?} does not begin with a slash")]
    Path {
        /// What stood after `://`.
        path: String,
    },
    /// There is a path after host and port.
    #[error("{path:?} after host and port, expected nothing")]
    UnexpectedPath {
        /// What stood there.
        path: String,
    },
    /// There is an option that this kind of endpoint does not have.
    #[error("unknown option {option:?}, {expected}")]
    Option {
        /// The option as it stood after `?` or `&`.
        option: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// The framing is not one of the three.
    #[error(transparent)]
    Framing(#[from] ParseFramingKindError),
}
