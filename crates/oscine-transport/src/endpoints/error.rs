//! What can be wrong with names and targets.

use std::{io, sync::Arc};

use thiserror::Error;

use crate::endpoint::uri::Endpoint;
use crate::send_error::SendError;

/// Why a name cannot be given. The caller's fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// An endpoint or a group has this name already.
    #[error("name {name:?} is taken")]
    Taken {
        /// The name.
        name: String,
    },
    /// Names that begin with `_` mean something already, or will.
    #[error("name {name:?} is reserved, as all that begin with an underscore")]
    Reserved {
        /// The name.
        name: String,
    },
    /// The name is empty.
    #[error("name is empty")]
    Empty,
}

/// Why a packet was not sent to one of its targets.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing has this name. The caller's fault.
    #[error("no endpoint has the name {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The endpoint is nothing to send to, such as `osc.udp://*:9000`. The caller's fault.
    #[error("{endpoint} is nothing to send to")]
    Unsupported {
        /// The endpoint.
        endpoint: Arc<Endpoint>,
    },
    /// So many endpoints without a name were in use that one more would be without bounds. The
    /// caller's fault: names are for endpoints that are used for long.
    #[error("more than {limit} endpoints without a name")]
    TooMany {
        /// How many are allowed.
        limit: usize,
    },
    /// The host cannot be found. The fault of the environment.
    #[error("address of {endpoint} not found")]
    Unresolved {
        /// The endpoint.
        endpoint: Arc<Endpoint>,
        /// Why.
        source: Arc<io::Error>,
    },
    /// Sending failed.
    #[error(transparent)]
    Send(#[from] SendError),
}
