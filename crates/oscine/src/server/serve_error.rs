//! Why a server has ended.

use std::io;

use thiserror::Error;

use crate::server::endpoint::bind_error::BindError;

/// Why a server has ended without having been told to. Nothing that a peer sends is among it, unless
/// [`OnError::Stop`] was asked for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The system's timer has failed.
    #[error("the system's timer failed")]
    Timer(#[from] io::Error),
    /// A client that was to [serve](crate::Client::serve) cannot.
    #[error("cannot serve")]
    Bind(#[from] BindError),
    /// A handler has failed, and that was to end the server: see
    /// [`ServerBuilder::on_handler_error`](crate::ServerBuilder::on_handler_error).
    #[error("{fault}")]
    Handler {
        /// Which handler, for which peer, and how it has failed.
        fault: String,
    },
}

/// What a handler's failure, be it an error, a panic, or taking too long, does to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnError {
    /// It is counted and told, and the server goes on.
    #[default]
    Continue,
    /// It ends the server, once what runs is through: serving ends with [`ServeError::Handler`].
    Stop,
}
