//! Hooks on the raw bytes of packets, in both directions.
//!
//! A [`Hook`] sees every packet as bytes: on the way in before it is decoded, on the way out behind
//! encoding, without the marks of the framing. It lets it pass, replaces it, takes it for itself,
//! or refuses it: the place for checksums, authentication, encryption, allow-lists and taps. The
//! builders of all sockets take hooks; there may be several.
//!
//! # Order
//!
//! Hooks lie around the packet like the skins of an onion. On the way out they run in the order in
//! which they were added, on the way in the other way round. So `.hook(sign).hook(encrypt)` signs,
//! then encrypts; and decrypts, then verifies.
//!
//! # What becomes of a packet
//!
//! | verdict | in | out |
//! | --- | --- | --- |
//! | [`Verdict::Pass`] | goes on | goes on |
//! | [`Verdict::Replace`] | the other bytes go on | the other bytes go on |
//! | [`Verdict::Swallow`] | counted, nobody sees it | counted, sending succeeds |
//! | [`Verdict::Refuse`] | counted, [`BadPacket::Refused`](crate::BadPacket::Refused) | counted, [`SendError::Refused`](crate::SendError::Refused) |
//!
//! A hook that panics refuses the packet. Whoever reads datagrams in place
//! ([`Udp::recv_batch`](crate::Udp::recv_batch)) gets what hooks let through; what they refuse is
//! counted alone.
//!
//! # Examples
//!
//! Ready made are [`AddressTable`](oscine_codec::transform::AddressTable), which sends numbers in
//! the place of addresses, and [`Envelope`](oscine_codec::transform::Envelope): checksum,
//! signature, encryption. Both ends must use them.
//!
//! ```
//! use futures::StreamExt;
//! use oscine_codec::{Message, transform::AddressTable};
//! use oscine_transport::{Udp, hook::{self, Verdict}};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let table = AddressTable::new([("/mixer/channel/1/gain", 1)])?;
//! let loopback_only = hook::inbound(|_packet, peer| match peer.ip() {
//!     Some(addr) if addr.ip().is_loopback() => Verdict::Pass,
//!     _ => Verdict::Refuse("not from this machine".into()),
//! });
//! let mut receiver =
//!     Udp::builder().hook(table.clone()).hook(loopback_only).bind("127.0.0.1:0").await?;
//! let sender = Udp::builder().hook(table).bind("127.0.0.1:0").await?;
//!
//! let packet = Message::new("/mixer/channel/1/gain", (0.5_f32,))?.into();
//! sender.send_to(&packet, receiver.local_addr()?).await?;
//! assert_eq!(receiver.next().await.ok_or("closed")?.packet?, packet);
//! assert!(receiver.stats().received_bytes < packet.as_bytes().len() as u64);
//! # Ok(())
//! # }
//! ```

pub(crate) mod chain;
pub(crate) mod closures;
pub(crate) mod contract;
pub(crate) mod transforms;
pub(crate) mod verdict;

pub use chain::Hooks;
pub use closures::{Inbound, Outbound, inbound, outbound};
pub use contract::Hook;
pub use verdict::Verdict;
