//! Client and server for programs without async.
//!
//! [`Server`] is [`oscine::Server`](crate::Server) with calls that wait: for ever, on a thread of its own, or step by
//! step in a loop of one's own.
//!
//! [`Client`] is [`oscine::Client`](crate::Client) with calls that wait. A thread of its own runs
//! what goes on beside the calls: keep-alive messages, connecting again, values that are sent at
//! their time. It ends with the client and all its [`Sender`]s.
//!
//! No call that waits is for the inside of an async runtime, not even for its blocking threads: there
//! all of them are refused with [`BlockingError::InsideRuntime`], and none panics.
//!
//! # What corresponds to what
//!
//! What is not listed has the same name, the same arguments and the same meaning.
//!
//! | [`oscine::Client`](crate::Client) | here |
//! | --- | --- |
//! | [`builder().…connect(endpoint)`](crate::ClientBuilder::connect) | [`Client::with(builder, endpoint)`](Client::with) |
//! | [`from_udp`](crate::Client::from_udp), [`from_connection`](crate::Client::from_connection), `builder().wrap…` | the same within [`Client::made_by`] |
//! | [`sender()`](crate::Client::sender), a [`ClientSender`](crate::ClientSender) | [`sender()`](Client::sender), a [`Sender`] |
//! | a `Stream` of packets | [`packets()`](Client::packets), [`packets_timeout(limit)`](Client::packets_timeout) |
//! | [`recv()`](crate::Client::recv), [`recv_any()`](crate::Client::recv_any), [`recv_frame()`](crate::Client::recv_frame): `None` at the end | the same with [`RecvError::Closed`](crate::RecvError::Closed) at the end |
//! | [`frames()`](crate::Client::frames), a `Stream` of bytes | [`frames()`](Client::frames), [`frames_timeout(limit)`](Client::frames_timeout) |
//! | [`queue`](crate::Client::queue), [`urgent`](crate::Client::urgent): a [`Sent`](crate::Sent) to await | the same: a [`Sent`] to [`wait`](Sent::wait) for |
//! | [`states()`](crate::Client::states), a `Stream` | [`states()`](Client::states), an iterator |
//! | [`connected()`](crate::Client::connected) | [`connected(limit)`](Client::connected) |
//! | [`serve(space)`](crate::Client::serve), and [`with`](crate::ClientServe::with) | [`serve(space)`](Client::serve), [`serve_with`](Client::serve_with): a [`Server`] |
//! | [`oscine::send`](crate::send) | [`send`] |
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
pub(crate) mod frames;
pub(crate) mod once;
pub(crate) mod packets;
pub(crate) mod sender;
pub(crate) mod sent;
pub(crate) mod server;
pub(crate) mod serving;
pub(crate) mod states;

pub use client::Client;
pub use error::BlockingError;
pub use frames::Frames;
pub use once::send;
pub use packets::Packets;
pub use sender::Sender;
pub use sent::Sent;
pub use server::{Background, Server};
pub use states::States;
