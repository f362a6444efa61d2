//! Connections of packets over any stream of bytes.
//!
//! A [`Connection`] is a stream and a sink of packets: what tokio-util's `Framed` is with a
//! [`PacketCodec`](crate::PacketCodec), and what belongs to a connection besides: hooks, counters,
//! time-outs, and its life from opening to closing. It runs over anything that reads and writes
//! bytes. [`tcp`](crate::tcp) and `unix` make connections of their own kind; for TLS, a serial line
//! or a pipe in a test there is [`Builder::wrap`].
//!
//! # Sending
//!
//! Each packet stands with its marks in one piece in one buffer, so it leaves in one write, and
//! many that were fed before one flush leave in as few writes as there is room for; there is nothing
//! apart that a vectored write would have to gather. The buffer takes 8 KiB; then the sink waits until the peer has read,
//! which is how a slow peer slows down who sends to it.
//!
//! # Many packets at a time
//!
//! As a stream a connection hands out packets that own their bytes, by an allocation each.
//! [`Connection::recv_frames`] puts the bytes of all packets at hand into one buffer, [`Frames`],
//! which is used again; they are decoded where they lie.
//!
//! # Both ways at once
//!
//! Who answers must not stop reading while the peer does not take the answers, or both wait for
//! each other. One task can do both, without splitting the connection:
//!
//! ```
//! use core::future::poll_fn;
//! use oscine_codec::{Packet, PacketRef};
//! use oscine_transport::{connection::{Connection, Frames}, tcp::Listener};
//! use tokio::sync::mpsc;
//!
//! async fn serve(
//!     mut connection: Connection,
//!     mut answers: mpsc::Receiver<Packet>,
//! ) -> Result<(), Box<dyn core::error::Error>> {
//!     let mut frames = Frames::new();
//!     loop {
//!         let received = poll_fn(|cx| {
//!             // Whether all is written or not: there may be something to read.
//!             let _ = connection.poll_send_from(cx, |cx| answers.poll_recv(cx))?;
//!             connection.poll_recv_frames(cx, &mut frames).map_err(Box::<dyn core::error::Error>::from)
//!         });
//!         let Some(received) = received.await else { return Ok(()) };
//!         received?;
//!         for packet in frames.iter().flatten().map(PacketRef::decode) {
//!             println!("{}", packet?);
//!         }
//!     }
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! # let listener = Listener::bind("127.0.0.1:0").await?;
//! # let mut peer = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
//! # let (connection, _) = listener.accept().await;
//! # let (answer, answers) = mpsc::channel(1);
//! # answer.send(oscine_codec::Message::new("/b", ())?.into()).await?;
//! # peer.write_all(b"\xc0/a\0\0,\0\0\0\xc0").await?;
//! # let mut answered = [0; 10];
//! # tokio::select! {
//! #     served = serve(connection, answers) => served?,
//! #     read = peer.read_exact(&mut answered) => { read?; }
//! # }
//! # assert_eq!(&answered, b"\xc0/b\0\0,\0\0\0\xc0");
//! # Ok(())
//! # }
//! ```
//!
//! # Time
//!
//! Three limits keep a peer from holding a connection for nothing: [`Builder::frame_timeout`] for
//! packets that never become whole, [`Builder::write_timeout`] for peers that stop reading, and
//! [`Builder::idle_timeout`] for silence. They are looked at only when there is nothing to do.
//!
//! # Life
//!
//! A connection is open from when it is made to when it is dropped, and [hooks](crate::hook) and
//! counters hear of both, once each. In between it may be counted once as idle, slow or broken.
//!
//! Dropping one in which something is unread resets it over TCP, and what the peer had not taken yet
//! is lost. So who has the last word closes with [`Connection::close`], then
//! [`Connection::linger`].

pub(crate) mod accept;
pub(crate) mod alarm;
pub(crate) mod builder;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod connection;
pub(crate) mod fate;
pub(crate) mod frames;
pub(crate) mod gate;
pub(crate) mod halves;
pub(crate) mod incoming;
pub(crate) mod inlet;
pub(crate) mod linger;
pub(crate) mod options;
pub(crate) mod outlet;
pub(crate) mod patience;
pub(crate) mod role;
pub(crate) mod special;
pub(crate) mod turn;

pub use builder::Builder;
pub use connection::Connection;
pub use frames::{Frames, FramesIter};
pub use incoming::Incoming;
pub use role::{Any, Connect, Listen};
