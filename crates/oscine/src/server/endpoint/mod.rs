//! Where a server listens: what is to be opened, how it is opened, and what all parts know of it.

pub(crate) mod accepted;
pub(crate) mod any_stream;
pub(crate) mod bind;
pub(crate) mod bind_error;
pub(crate) mod carrier;
pub(crate) mod door;
pub(crate) mod lease;
pub(crate) mod listen;
pub(crate) mod opening;
pub(crate) mod place;
pub(crate) mod port;
pub(crate) mod ruled;
