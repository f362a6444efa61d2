//! Client and server for programs without async.
//!
//! [`Server`] is [`oscine::Server`](crate::Server) with calls that wait: for ever, on a thread of its own, or step by
//! step in a loop of one's own.
//!
//! [`Client`] is [`oscine::Client`](crate::Client) with calls that wait. A thread of its own runs
//! what goes on beside the calls: keep-alive messages, connecting again, values that are sent at
//! their time. It ends with the client and all its [`Sender`]s.
//!
//! No call is for the inside of an async runtime, not even for its blocking threads: there all of
//! them are refused with [`BlockingError::InsideRuntime`], and none panics.
//!
//! # Examples
//!
//! ```no_run
//! use std::time::Duration;
//! use oscine::{RecvError, blocking};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut mixer = blocking::Client::udp("mixer.local:10023")?;
//! mixer.keep_alive(("/xremote", ()), Duration::from_secs(9))?;
//! let info = mixer.request(("/info", ()), "/info")?;
//! println!("{info}");
//! loop {
//!     match mixer.recv_timeout(Duration::from_secs(1)) {
//!         Ok(packet) => println!("{packet}"),
//!         Err(RecvError::Timeout { .. }) => println!("nothing moves"),
//!         Err(error) => return Err(error.into()),
//!     }
//! }
//! # }
//! ```

pub(crate) mod client;
pub(crate) mod driver;
pub(crate) mod error;
pub(crate) mod packets;
pub(crate) mod sender;
pub(crate) mod server;

pub use client::Client;
pub use error::BlockingError;
pub use packets::Packets;
pub use sender::Sender;
pub use server::{Background, Server};
