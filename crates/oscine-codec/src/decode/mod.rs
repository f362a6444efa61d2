//! Decoding: the one place where bytes are checked.
//!
//! A packet is walked once. What comes out is a view of the same bytes, whose accessors are slices; they do not
//! check again. Nothing here recurses: nested bundles lie on an explicit stack, arrays are a counter.

pub(crate) mod argument;
pub(crate) mod arguments;
pub(crate) mod bundle;
pub(crate) mod message;
pub(crate) mod packet;
pub(crate) mod plain;
pub(crate) mod prefix;
pub(crate) mod typed;

pub use prefix::Concatenated;
