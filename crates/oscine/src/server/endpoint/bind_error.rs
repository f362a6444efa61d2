//! Why a server could not be bound.

use std::io;

use oscine_codec::AddressError;
use oscine_transport::endpoint::ParseEndpointError;
use thiserror::Error;

/// Why a server could not be bound.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// No endpoint was named.
    #[error("no endpoint to listen on")]
    NoEndpoint,
    /// What was named is not an endpoint.
    #[error("{endpoint:?} is not an endpoint")]
    Endpoint {
        /// What was named.
        endpoint: String,
        /// What is wrong with it.
        source: ParseEndpointError,
    },
    /// The system refused.
    #[error("cannot listen on {endpoint}")]
    Bind {
        /// Where.
        endpoint: String,
        /// What the system said.
        source: io::Error,
    },
    /// What built-in methods were to stand below is not an address.
    #[error("built-in methods cannot stand below {prefix:?}")]
    Prefix {
        /// What was given.
        prefix: String,
        /// What is wrong with it.
        source: AddressError,
    },
    /// A rule cannot be followed at an endpoint that it is for.
    #[error("a rule cannot be followed at endpoint {endpoint}: {reason}")]
    Rule {
        /// The number of the endpoint.
        endpoint: usize,
        /// Why not.
        reason: &'static str,
    },
    /// The endpoint that was to be the default one is not there, or does not send by itself.
    #[error("endpoint {number} is none that sends to addresses")]
    DefaultEndpoint {
        /// Its number.
        number: usize,
    },
    /// The system has no timer for us.
    #[error("cannot make a timer")]
    System(#[source] io::Error),
    /// The server has stopped, and takes no more endpoints.
    #[error("the server has stopped")]
    Stopped,
}
