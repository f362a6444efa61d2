//! Open Sound Control packets over UDP, TCP, unix sockets and any stream of bytes, on Tokio.
//!
//! [`oscine_codec`] turns bytes into packets and back. This crate brings the bytes: it cuts streams
//! into frames, reads and writes sockets, and hands out packets with their peer and their time of
//! arrival. What arrives broken is reported and passed over; nothing that a peer can send ends a
//! receiver or makes it take memory without bound.
//!
//! # Contents
//!
//! Sockets:
//!
//! * [`udp`]: [`Udp`] is a stream of packets and a sink, many datagrams in one call to the system;
//!   [`UdpSender`](udp::UdpSender) sends from other tasks. Multicast, pace, frames in datagrams.
//! * [`tcp`]: [`Listener`](tcp::Listener), [`connect`](tcp::connect), and
//!   [`Connection`](tcp::Connection), a stream and a sink of packets in the framing of the peer.
//! * `unix`: the same over unix sockets, streams and datagrams; not on Windows.
//! * [`connection`]: [`Connection`](connection::Connection) over any stream of bytes, and the one
//!   [`Builder`](connection::Builder) of all connections and listeners: framing, limits, time-outs;
//!   [`Incoming`](connection::Incoming) accepts from any stream of connections.
//! * [`exchange`]: [`Exchange`](exchange::Exchange), datagrams over anything that carries them.
//!
//! On top of sockets:
//!
//! * [`reconnect`]: [`Reconnecting`](reconnect::Reconnecting) keeps a connection alive, queues what
//!   is to be sent, and tells what was lost.
//! * [`endpoints`]: [`Endpoints`](endpoints::Endpoints) gives names to endpoints and groups of
//!   them, and sends one packet to many.
//! * [`bundling`]: [`Bundling`](bundling::Bundling) sends small messages together.
//! * [`hook`]: a [`Hook`] sees the raw bytes of every packet, in both directions: signatures,
//!   encryption, allow-lists, taps.
//! * [`stats`]: [`Stats`], what has gone through: errors by kind, drops by cause, connections.
//!
//! Below them:
//!
//! * [`codec`]: [`PacketCodec`], a framing and decoding as one codec of tokio-util. Its page tells
//!   what comes out when, and three traps of tokio-util.
//! * [`framing`]: where packets begin and end in a stream: [`LengthPrefix`](framing::LengthPrefix)
//!   (OSC 1.0), [`Slip`](framing::Slip) (OSC 1.1), [`Detect`](framing::Detect), and ways to make
//!   others; without IO.
//! * [`endpoint`]: [`Endpoint`] reads `osc.udp://host:port` and its kin.
//! * [`PeerAddr`] tells who is at the other end, [`PeerKey`] is a key for rules about peers.
//! * Errors, by whose fault they are: [`BadPacket`] and [`StreamError`] (the peer or the line),
//!   [`SendError`] (the caller or the system).
//!
//! The feature `cobs`, off by default, adds the framing `framing::Cobs`.
//!
//! Not here: what an address means, handlers, time tags, servers. They are in the crate `oscine`.
//!
//! # Examples
//!
//! ```
//! use futures::StreamExt;
//! use oscine_codec::{Message, Packet};
//! use oscine_transport::Udp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let synth = Udp::bind("127.0.0.1:0").await?;
//! let controller = Udp::bind("127.0.0.1:0").await?;
//!
//! let packet: Packet = Message::new("/synth/freq", (440.0_f32, "sine"))?.into();
//! controller.send_to(&packet, synth.local_addr()?).await?;
//!
//! let mut packets = synth.packets();
//! assert_eq!(packets.next().await, Some(packet));
//! # Ok(())
//! # }
//! ```

mod backoff;
mod family;
#[doc(hidden)]
pub mod guard;
mod peer_addr;
mod peer_key;
#[doc(hidden)]
pub mod quiet;
mod send_error;

pub mod framing;

pub mod bundling;
pub mod codec;
pub mod connection;
pub mod endpoint;
pub mod endpoints;
pub mod exchange;
pub mod hook;
pub mod reconnect;
pub mod stats;
pub mod tcp;
pub mod udp;
#[cfg(unix)]
pub mod unix;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

pub use codec::{BadPacket, PacketCodec, StreamError};
pub use endpoint::Endpoint;
pub use hook::Hook;
pub use peer_addr::PeerAddr;
pub use peer_key::PeerKey;
pub use send_error::SendError;
pub use stats::Stats;
pub use udp::Udp;
