//! Arguments as Rust types.
//!
//! A reader asks for the type it wants. Reading is *exact* (the type tag must be the type's own) or *coercing*
//! (numbers and truth values stand in for each other, because senders mix them). Text is read from `s` and `S`
//! either way.

pub(crate) mod from_arg;
pub(crate) mod from_args;
pub(crate) mod get;
pub(crate) mod owned;
pub(crate) mod reader;

pub use from_arg::FromArg;
pub use from_args::{FromArgs, Rest};
pub use reader::ArgReader;
