//! The client: sends, asks, and reads what comes back.

pub(crate) mod builder;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod link;
pub(crate) mod outgoing;
pub(crate) mod request;
pub(crate) mod time;

pub use builder::ClientBuilder;
pub use client::Client;
pub use error::{ClientError, RequestError};
pub use outgoing::IntoPacket;
pub use time::IntoTimeTag;
