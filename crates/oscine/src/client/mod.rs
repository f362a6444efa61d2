//! The client: sends, asks, and reads what comes back.
//!
//! | for | there is |
//! | --- | --- |
//! | one peer | [`Client`], over UDP, TCP, unix sockets, or whatever stream of bytes |
//! | many tasks | [`ClientSender`]: sends and asks, beside the one that reads |
//! | what comes back | the client as a stream; as [bytes](crate::Client::frames); [`request`](crate::Client::request); handlers by [`serve`](crate::Client::serve) |
//! | no time to wait | [`try_send`](crate::Client::try_send), [`send_within`](crate::Client::send_within), [`try_recv`](crate::Client::try_recv), [`recv_timeout`](crate::Client::recv_timeout) |
//! | a device's session | [`keep_alive`](crate::Client::keep_alive), [`on_connect`](crate::Client::on_connect), [`reconnect`](crate::ClientBuilder::reconnect) |
//! | values that move fast | [`latest_wins`](crate::Client::latest_wins) |
//! | many targets | [`Endpoints`](oscine_transport::endpoints::Endpoints) |
//! | one packet | [`send`] |
//! | no async | [`blocking::Client`](crate::blocking::Client) |
//!
//! # What is sent
//!
//! Whatever sends packets takes one value: `client.send(("/add", (2, 3)))`, an address with its
//! arguments, `client.send("/go")` without any, or a packet that is built already: [`IntoPacket`].
//! Where there can only be a message, as in [`LatestSender::send`](crate::LatestSender::send),
//! [`Reply::send`](crate::Reply::send) and [`ServerHandle::send_to`](crate::ServerHandle::send_to),
//! address and arguments are two.
//!
//! What becomes which type tag is told in [`ToArg`](crate::ToArg). Two things surprise: a bare `0.5`
//! is a double, which many devices do not know (`0.5_f32`), and a `Vec` is one argument, an array
//! ([`Rest`](crate::Rest) is as many as it holds).
//!
//! An error prints what was not possible. Why it was not is its
//! [`source`](std::error::Error::source): crates such as `anyhow` print both.
//!
//! # Who reads
//!
//! There is no task behind a client that reads. Whoever waits reads for all: the stream hands replies
//! to the requests that wait for them, and a request keeps for the stream what is not its own. A
//! client that nobody reads is no burden to itself; what arrives waits in the system, which over UDP
//! drops what does not fit, and over streams slows the peer down.
//!
//! Packets, bytes, and what is no packet come from the same place, and each comes once, to whoever
//! reads next. Only a reply that a request waits for does not, unless it is in a bundle. A reader may
//! be given up at any time, by a time-out or otherwise: nothing is lost with it, not even of a packet
//! that has arrived in part.
//!
//! # How long things take
//!
//! | what | at most | to change it |
//! | --- | --- | --- |
//! | connecting | 5 s | [`connect_timeout`](crate::ClientBuilder::connect_timeout) |
//! | sending on a stream whose peer takes nothing | 30 s | [`write_timeout`](crate::ClientBuilder::write_timeout); for one packet [`send_within`](crate::Client::send_within) |
//! | sending datagrams | no limit: the system takes them at once, but for moments | [`send_within`](crate::Client::send_within) |
//! | a request | 5 s | [`timeout`](crate::ClientBuilder::timeout); for one [`request_within`](crate::Client::request_within) |
//! | receiving | no limit | [`recv_timeout`](crate::Client::recv_timeout) |
//!
//! # A session with a device
//!
//! Many devices send changes only to those who asked lately, and forget them after some seconds.
//! Others have to be told the same things whenever a connection is made. Both are a matter of one
//! line, also when the connection breaks and is made again:
//!
//! ```
//! use std::time::Duration;
//! use oscine::{AddressSpace, Client, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let space = AddressSpace::new();
//! space.method("/subscribe", |name: String| ("/subscribed", name))?;
//! space.method("/renew", || ("/renewed", ()))?;
//! let mixer = Server::builder().tcp("127.0.0.1:0").address_space(space).bind().await?;
//! let endpoint = mixer.endpoints()[0].clone();
//! tokio::spawn(mixer.serve().into_future());
//!
//! let mut client = Client::builder().reconnect(true).connect(endpoint).await?;
//! client.on_connect(("/subscribe", "meters"))?;
//! client.keep_alive(("/renew", ()), Duration::from_secs(9))?;
//! for _ in 0..2 {
//!     println!("{}", client.recv().await.ok_or("closed")?);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Many targets
//!
//! [`Endpoints`](oscine_transport::endpoints::Endpoints) gives names to endpoints and groups of
//! them. A packet is encoded once, and there is one outcome for each target:
//!
//! ```
//! use oscine::transport::Udp;
//! use oscine::{Endpoints, Message, Packet};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (lights, video) = (Udp::bind("127.0.0.1:0").await?, Udp::bind("127.0.0.1:0").await?);
//! let targets = Endpoints::new();
//! targets.add("lights", lights.local_addr()?)?;
//! targets.add("video", video.local_addr()?)?;
//! targets.add_group("stage", ["lights", "video"])?;
//!
//! let go = Packet::from(Message::new("/cue/12/go", ())?);
//! for outcome in targets.send("stage", &go).await {
//!     outcome.result?;
//! }
//! # Ok(())
//! # }
//! ```

pub(crate) mod outgoing;
pub(crate) mod time;

pub(crate) mod error;
pub(crate) mod sent;

pub(crate) mod entered;
pub(crate) mod inlet;
pub(crate) mod line;
pub(crate) mod way;
pub(crate) mod writing;

pub(crate) mod backlog;
pub(crate) mod hub;
#[cfg(test)]
mod hub_tests;
pub(crate) mod requests;

pub(crate) mod sender;
pub(crate) mod shared;
pub(crate) mod tasks;

pub(crate) mod builder;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod client;
pub(crate) mod frames;
pub(crate) mod impatient;
pub(crate) mod open;
pub(crate) mod packet_options;
pub(crate) mod receiving;
pub(crate) mod wrap;

pub(crate) mod estimate;
pub(crate) mod keep_alive;
pub(crate) mod latest;
pub(crate) mod latest_sender;
pub(crate) mod once;
pub(crate) mod serve;
pub(crate) mod serving;

pub use builder::ClientBuilder;
pub use client::Client;
pub use error::{ClientError, RecvError, RequestError};
pub use frames::ClientFrames;
pub use keep_alive::KeepAlive;
pub use latest::LatestWins;
pub use latest_sender::LatestSender;
pub use once::send;
pub use outgoing::IntoPacket;
pub use sender::ClientSender;
pub use sent::Sent;
pub use serve::ClientServe;
pub use time::IntoTimeTag;
