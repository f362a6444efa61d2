//! What can go wrong, one type for each direction.
//!
//! * [`DecodeError`]: the peer sent bytes that are no packet. A person reads it: kind and byte offset.
//! * [`EncodeError`]: the caller asked for a packet that cannot be written.
//! * [`ReadError`]: the packet is sound, but its arguments are not those that the reader wants.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod excerpt;
pub(crate) mod read;
pub(crate) mod typed;

pub use decode::{DecodeError, DecodeErrorKind};
pub use encode::EncodeError;
pub use excerpt::Excerpt;
pub use read::ReadError;
pub use typed::TypedError;
