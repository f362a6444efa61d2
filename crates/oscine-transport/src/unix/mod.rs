//! Packets over unix sockets: streams and datagrams, on one machine.
//!
//! [`Listener`], [`connect`] and [`Connection`] are what [`tcp`](crate::tcp) has, with a path for an
//! address. [`Datagrams`] is what [`Udp`](crate::Udp) is: a stream of received packets, and the
//! ways to send. Datagrams keep their borders, come in order, and none is lost: a sender waits while
//! the receiver's queue is full.
//!
//! # Names
//!
//! A socket that is bound makes a file; that is its name. If there is something at the path, binding
//! fails, even if it is the file of a program that has ended without removing it. What is bound here
//! is removed when it is dropped, unless somebody else has put another file there.
//!
//! A client mostly has no name. It is told as [`PeerAddr::Unnamed`](crate::PeerAddr::Unnamed): over
//! a connection it can be answered, over datagrams it cannot
//! ([`SendError::NoAddress`](crate::SendError::NoAddress)).
//!
//! # Examples
//!
//! ```
//! use futures::StreamExt;
//! use oscine_codec::{Message, Packet};
//! use oscine_transport::unix::Datagrams;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = std::env::temp_dir().join(format!("oscine-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! let mut synth = Datagrams::bind(folder.join("synth"))?;
//! let mut panel = Datagrams::bind(folder.join("panel"))?;
//!
//! let ping: Packet = Message::new("/ping", (1,))?.into();
//! panel.send_to(&ping, folder.join("synth")).await?;
//! let received = synth.next().await.ok_or("closed")?;
//! synth.reply(&received.packet?, &received.peer).await?;
//! assert_eq!(panel.next().await.ok_or("closed")?.packet?, ping);
//! # drop((synth, panel));
//! # std::fs::remove_dir(&folder)?;
//! # Ok(())
//! # }
//! ```

pub(crate) mod address;
pub(crate) mod connection;
pub(crate) mod datagram_builder;
pub(crate) mod datagrams;
pub(crate) mod file;
pub(crate) mod listener;
pub(crate) mod received;
pub(crate) mod sender;

pub use connection::{Connection, ConnectionBuilder, Unix, connect};
pub use datagram_builder::DatagramsBuilder;
pub use datagrams::Datagrams;
pub use listener::{Listener, ListenerBuilder};
pub use received::{Received, ReceivedBytes};
pub use sender::Sender;
