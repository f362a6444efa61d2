//! Datagrams that hold frames.

pub(crate) mod builder;
pub(crate) mod peers;
pub(crate) mod sink;
pub(crate) mod socket;
