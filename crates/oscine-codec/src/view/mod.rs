//! Borrowed views of a packet that was checked.
//!
//! Views assume what decoding made sure of. They slice, and never check structure again; were an invariant broken
//! all the same, they would end early, and not panic.

pub(crate) mod arg;
pub(crate) mod args;
pub(crate) mod array_ref;
pub(crate) mod bundle_ref;
pub(crate) mod elements;
pub(crate) mod message_ref;
pub(crate) mod packet_ref;
pub(crate) mod parts;
pub(crate) mod shape;
pub(crate) mod sorted;
pub(crate) mod stats;
pub(crate) mod type_tags;
pub(crate) mod walk;

pub use arg::Arg;
pub use args::Args;
pub use array_ref::ArrayRef;
pub use bundle_ref::BundleRef;
pub use elements::Elements;
pub use message_ref::MessageRef;
pub use packet_ref::PacketRef;
pub use type_tags::TypeTags;
pub use walk::{Messages, Node, TimedMessage, Walk};
