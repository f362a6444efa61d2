//! Packets that own their bytes: one `Bytes` that is known to decode.

pub(crate) mod bundle;
pub(crate) mod message;
pub(crate) mod packet;
pub(crate) mod share;

pub use bundle::Bundle;
pub use message::Message;
pub use packet::Packet;
