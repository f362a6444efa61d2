//! Packets over TCP.
//!
//! A [`Connection`] is a stream and a sink of packets. What comes out of it, and when, is told in
//! [`codec`](crate::codec); what else there is to it, in [`connection`](crate::connection). A
//! [`Listener`] accepts connections, [`connect`] makes one.
//!
//! TCP has no marks between packets, so there are two framings, and peers that use the wrong one
//! understand nothing. A listener therefore finds out which one each peer uses, and answers in the
//! same. A side that connects and speaks first writes SLIP (OSC 1.1) unless told otherwise.
//!
//! Each packet is handed to the system with its marks in one piece, and `TCP_NODELAY` is set: a
//! packet is on its way when the sink has been flushed.
//!
//! # Examples
//!
//! ```
//! use futures::{SinkExt, StreamExt};
//! use oscine_codec::{Message, Packet};
//! use oscine_transport::{framing::FramingKind, tcp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tcp::Listener::bind("127.0.0.1:0").await?;
//! let mut client = tcp::connect(listener.local_addr()?, FramingKind::LengthPrefix).await?;
//! let (mut server, _peer) = listener.accept().await;
//!
//! let ping: Packet = Message::new("/ping", (1,))?.into();
//! client.send(&ping).await?;
//! let received = server.next().await.ok_or("closed")???;
//! assert_eq!(received, ping);
//! assert_eq!(server.framing(), Some(FramingKind::LengthPrefix));
//! # Ok(())
//! # }
//! ```

pub(crate) mod bind;
pub(crate) mod connection;
pub(crate) mod kind;
pub(crate) mod listener;

pub use crate::family::Family;
pub use bind::ListenerBuilder;
pub use connection::{Connection, ConnectionBuilder, connect};
pub use kind::Tcp;
pub use listener::Listener;
