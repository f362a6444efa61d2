//! What can go wrong at a client.

use std::io;
use std::time::Duration;

use oscine_codec::{AddressError, EncodeError};
use oscine_transport::SendError;
use oscine_transport::endpoint::ParseEndpointError;
use thiserror::Error;

/// Why a client could not connect or send.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// What was named is not an endpoint.
    #[error("{endpoint:?} is not an endpoint")]
    Endpoint {
        /// What was named.
        endpoint: String,
        /// What is wrong with it.
        source: ParseEndpointError,
    },
    /// There is no way to the endpoint.
    #[error("cannot connect to {endpoint}")]
    Connect {
        /// Where.
        endpoint: String,
        /// What the system said.
        source: io::Error,
    },
    /// What was to be sent is no packet.
    #[error("cannot be encoded")]
    Encode(#[from] EncodeError),
    /// The packet was not sent.
    #[error("not sent")]
    Send(#[from] SendError),
}

/// Why a request has no reply.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request was not sent.
    #[error("request not sent")]
    Send(#[from] ClientError),
    /// The reply pattern is not one.
    #[error("bad reply pattern {pattern:?}")]
    Pattern {
        /// The text that was given.
        pattern: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// No reply came in time.
    #[error("no reply within {timeout:?}")]
    Timeout {
        /// How long the client waited.
        timeout: Duration,
    },
    /// The connection was closed before a reply came.
    #[error("connection closed before the reply")]
    Closed,
}
