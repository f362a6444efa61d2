//! The primitive readers: nom parsers of one field each, and the error they share.

pub(crate) mod blob;
pub(crate) mod fault;
pub(crate) mod leniency;
pub(crate) mod number;
pub(crate) mod string;
