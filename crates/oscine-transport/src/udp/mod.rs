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
//!    receive or send, is counted in [`Stats::transient_errors`], and the call is made again.
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
//! * **As a stream of packets that own their bytes,** each exactly its own: a packet that is kept
//!   (queued, scheduled) keeps nothing else alive. [`Udp::recv`] and [`Udp::try_recv`] read the
//!   same without a stream.
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
//! # Many packets to send
//!
//! [`Udp::send_all_to`], [`Udp::send_all`] and the sink hand packets of one length to the system
//! together, which cuts them up (GSO, on Linux): many times faster than one by one. Receivers that
//! are slower than that lose what their buffers do not hold; [`Udp::pace`] sends at a rate.
//!
//! ```
//! use futures::SinkExt;
//! use oscine_codec::{Message, Packet};
//! use oscine_transport::udp::Udp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (mut udp, to) = (Udp::bind("127.0.0.1:0").await?, "127.0.0.1:9".parse()?);
//! let gain = |n| Message::new("/gain", (n, 0.5_f32)).map(Packet::from);
//! let gains = (0..64).map(gain).collect::<Result<Vec<_>, _>>()?;
//! udp.send_all_to(&gains, to).await?;
//! udp.pace(1_000).send_all_to(&gains, to).await?;
//!
//! // The sink has many peers; `feed` collects, `flush` sends.
//! for packet in gains {
//!     udp.feed((packet, to)).await?;
//! }
//! SinkExt::<(Packet, _)>::flush(&mut udp).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Full datagrams
//!
//! A packet may be as long as a datagram can be: 65,507 bytes, or 65,527 over IPv6. Networks cut
//! such a datagram into pieces of about 1,500 bytes, and if one is lost all are; the log tells once
//! a minute, at level debug, that a datagram above 1,472 bytes was sent. None is delivered short.
//!
//! # Groups, interfaces, families
//!
//! A socket that is bound to all addresses joins multicast groups with [`Udp::join`] or
//! [`UdpBuilder::join`], and [`UdpBuilder::bind_endpoint`] does it for an endpoint whose host is a
//! group. Multicasts leave by the interface of the system's routes unless
//! [`UdpBuilder::multicast_interface`] says another. IPv6 sockets speak to IPv4 hosts if they are
//! [dual-stack](UdpBuilder::dual_stack), and see them by their IPv4 addresses.
//!
//! ```
//! use futures::StreamExt;
//! use oscine_codec::Message;
//! use oscine_transport::udp::{Interface, Udp};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (group, local) = ([239, 255, 77, 99], Interface::addr([127, 0, 0, 1]));
//! let mut light = Udp::builder().join(group, local.clone()).bind("0.0.0.0:0").await?;
//! let desk = Udp::builder().multicast_interface(local).bind("127.0.0.1:0").await?;
//!
//! let cue = Message::new("/cue", (7,))?.into();
//! desk.send_to(&cue, (group, light.local_addr()?.port()).into()).await?;
//! assert_eq!(light.next().await.ok_or("closed")?.packet?, cue);
//! # Ok(())
//! # }
//! ```
//!
//! # Frames in datagrams
//!
//! Some senders put the framing of streams into datagrams: [`Udp::framed`] makes a [`FramedUdp`],
//! which reads and writes SLIP or length prefixes, peer by peer.
//!
//! [`Stats::transient_errors`]: crate::stats::Stats::transient_errors

pub(crate) mod batch;
pub(crate) mod broadcast;
pub(crate) mod builder;
pub(crate) mod bulk;
pub(crate) mod drops;
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

pub use crate::family::Family;
pub use batch::{Batch, Datagram};
pub use builder::UdpBuilder;
pub use framed::builder::FramedUdpBuilder;
pub use framed::socket::FramedUdp;
pub use group_error::GroupError;
pub use interface::{Interface, InterfaceError};
pub use pace::Paced;
pub use packets::Packets;
pub use received::Received;
pub use sender::UdpSender;
pub use socket::Udp;
