//! Packets over UDP.
//!
//! [`Udp`] is a stream of [`Received`]: the packet or what was wrong with it, the peer, and the
//! time of arrival. It is a sink of packets with their peers as well, and [`UdpSender`] sends from
//! the same port in other tasks. [`Udp::packets`] is the plain stream of packets.
//!
//! # What ends the stream
//!
//! Nothing that a peer can send, and nothing that the network can answer:
//!
//! 1. **A datagram that is no packet,** the empty one included, is an item with
//!    [`BadPacket::Decode`](crate::BadPacket::Decode).
//! 2. **A datagram above the limit** that was set is an item with
//!    [`BadPacket::Frame`](crate::BadPacket::Frame). No datagram is ever delivered short.
//! 3. **An ICMP answer,** such as "nobody listens on that port", which systems report on the next
//!    receive or send, is counted in [`Stats::transient_errors`](crate::stats::Stats), and the call is made again.
//! 4. **Any other error of receiving** is counted there too and logged, once a minute at most. If
//!    errors repeat, the socket waits between attempts, up to a second.
//!
//! The stream ends when the runtime shuts down.
//!
//! # Many datagrams in one read
//!
//! The system hands over up to 16 slots of 64 KiB in one call, and on Linux joins datagrams of one
//! sender in one slot (GRO). There are two ways to read them:
//!
//! * **As a stream of packets that own their bytes.** Those that came in one slot share memory. It
//!   is used again when all have been dropped, so that a receiver that keeps nothing allocates
//!   nothing. A packet that *is* kept (queued, scheduled) keeps up to 64 KiB alive: detach it.
//! * **In place,** as a [`Batch`] of [`Datagram`]s that borrow from the socket, neither copied nor
//!   decoded. It is what a server wants that decodes, acts, and is done.
//!
//! ```
//! use oscine_codec::{Message, PacketRef};
//! use oscine_transport::udp::Udp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut udp = Udp::bind("127.0.0.1:0").await?;
//! let ping = Message::new("/ping", ())?.into();
//! udp.send_to(&ping, udp.local_addr()?).await?;
//!
//! let sender = udp.sender();
//! let batch = udp.recv_batch().await.ok_or("closed")?;
//! for datagram in batch {
//!     let packet = PacketRef::decode(datagram.bytes)?;
//!     println!("{packet} from {}", datagram.peer);
//!     sender.try_send_to(&ping, datagram.peer)?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Full datagrams
//!
//! A packet may be as long as a datagram can be: 65,507 bytes, or 65,527 over IPv6. Networks cut
//! such a datagram into pieces of about 1,500 bytes, and if one is lost all are.

pub(crate) mod batch;
pub(crate) mod builder;
pub(crate) mod bulk;
pub(crate) mod drops;
pub(crate) mod family;
pub(crate) mod framed;
pub(crate) mod group_error;
pub(crate) mod inbox;
pub(crate) mod interface;
pub(crate) mod link;
pub(crate) mod multicast;
pub(crate) mod offload;
pub(crate) mod options;
pub(crate) mod outbox;
pub(crate) mod pace;
pub(crate) mod packets;
pub(crate) mod pause;
pub(crate) mod reach;
pub(crate) mod received;
pub(crate) mod run;
pub(crate) mod screen;
pub(crate) mod sender;
pub(crate) mod sending;
pub(crate) mod socket;
pub(crate) mod tuning;

pub use batch::{Batch, Datagram};
pub use builder::UdpBuilder;
pub use family::Family;
pub use framed::builder::FramedUdpBuilder;
pub use framed::socket::FramedUdp;
pub use group_error::GroupError;
pub use interface::{Interface, InterfaceError};
pub use pace::Paced;
pub use packets::Packets;
pub use received::Received;
pub use sender::UdpSender;
pub use socket::Udp;
