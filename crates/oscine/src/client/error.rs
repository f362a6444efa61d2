//! What can go wrong at a client.

use std::io;
use std::time::Duration;

use oscine_codec::{AddressError, EncodeError};
use oscine_transport::SendError;
use oscine_transport::endpoint::ParseEndpointError;
use thiserror::Error;

use crate::blocking::error::BlockingError;
use crate::clock::estimator::BadSample;

/// Why a client could not connect or send.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// What was named is not an endpoint. The caller's fault.
    #[error("{endpoint:?} is not an endpoint")]
    Endpoint {
        /// What was named.
        endpoint: String,
        /// What is wrong with it.
        source: ParseEndpointError,
    },
    /// There is no way to the endpoint, or nobody there.
    #[error("cannot connect to {endpoint}")]
    Connect {
        /// Where.
        endpoint: String,
        /// What the system said.
        source: io::Error,
    },
    /// The client's own address cannot be had.
    #[error("cannot bind to {address}")]
    Bind {
        /// The address that was asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// What was to be sent is no packet. The caller's fault.
    #[error("cannot be encoded")]
    Encode(#[from] EncodeError),
    /// The packet was not sent.
    #[error("not sent")]
    Send(#[from] SendError),
    /// So many addresses are in use that no value of another one can be kept. The caller's fault.
    #[error("values of {limit} addresses are kept already")]
    TooManyAddresses {
        /// How many are allowed.
        limit: usize,
    },
    /// A call that waits took longer than it may.
    #[error("not sent within {timeout:?}")]
    Timeout {
        /// How long it was to take at most.
        timeout: Duration,
    },
    /// A call of the [blocking](crate::blocking) client was made where it must not be.
    #[error(transparent)]
    Blocking(#[from] BlockingError),
}

impl ClientError {
    /// Whether the packet was not sent because that would have meant to wait. It may be tried again.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Send(SendError::Full))
    }
}

/// Why a request has no reply.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The request was not sent.
    #[error("request not sent")]
    Send(#[from] ClientError),
    /// The reply pattern is not one. The caller's fault.
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
    /// So many requests of this client wait that one more would be without bounds.
    #[error("{limit} requests wait already")]
    TooMany {
        /// How many are allowed.
        limit: usize,
    },
    /// Replies came about the time, and none of them is to be believed.
    #[error("no round trip says what time it is there")]
    Sample(#[source] BadSample),
    /// The connection was closed before a reply came.
    #[error("connection closed before the reply")]
    Closed,
}

/// Why no packet was received.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecvError {
    /// Nothing has arrived yet.
    #[error("nothing has arrived")]
    Empty,
    /// Nothing arrived in time. Nothing is lost, and receiving may go on.
    #[error("nothing arrived within {timeout:?}")]
    Timeout {
        /// How long the client waited.
        timeout: Duration,
    },
    /// The connection is closed, and nothing more comes.
    #[error("connection closed")]
    Closed,
    /// A call of the [blocking](crate::blocking) client was made where it must not be.
    #[error(transparent)]
    Blocking(#[from] BlockingError),
}
