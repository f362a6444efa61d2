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

pub(crate) mod accept;
pub(crate) mod alarm;
pub(crate) mod builder;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod connection;
pub(crate) mod fate;
pub(crate) mod frames;
pub(crate) mod gate;
pub(crate) mod halves;
pub(crate) mod inlet;
pub(crate) mod options;
pub(crate) mod outlet;
pub(crate) mod patience;
pub(crate) mod role;

pub use builder::Builder;
pub use connection::Connection;
pub use frames::{Frames, FramesIter};
pub use role::{Any, Connect, Listen};
