//! Packets over TCP.
//!
//! A [`Connection`] is a stream and a sink of packets: tokio-util's `Framed` over a `TcpStream`,
//! with a [`PacketCodec`](crate::PacketCodec). What comes out of it, and when, is told in
//! [`codec`](crate::codec). A [`Listener`] accepts connections, [`connect`] makes one.
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
//! assert_eq!(server.framing(), FramingKind::LengthPrefix);
//! # Ok(())
//! # }
//! ```

pub(crate) mod config;
pub(crate) mod connection;
pub(crate) mod connection_builder;
pub(crate) mod listener;
pub(crate) mod listener_builder;

pub use connection::Connection;
pub use connection_builder::{ConnectionBuilder, connect};
pub use listener::Listener;
pub use listener_builder::ListenerBuilder;
