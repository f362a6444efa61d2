//! Small messages sent together, in bundles.
//!
//! A datagram costs a call to the system and some 50 bytes of headers, whatever is in it. A program
//! that sends many small messages, such as meters or positions, can send them together.
//! [`Bundling`] is a sink in front of a sink of packets: of [`Packet`](oscine_codec::Packet), or of
//! packets with their targets.
//!
//! # Which go together
//!
//! 1. **Messages for one target,** handed over within 1 ms ([`BundlingBuilder::delay`]), as far as
//!    they fit 1,452 bytes ([`BundlingBuilder::size`]), are one bundle. It has the time tag
//!    IMMEDIATE, so every receiver that knows bundles runs it when it arrives, all messages
//!    together.
//! 2. **A message that stays alone** goes out as it is.
//! 3. **A bundle, or a message that is too large,** goes out unchanged at once, and what waits for
//!    its target goes before it.
//!
//! For each target, messages arrive in the order in which they were handed over. The delay runs by
//! itself: nobody has to poll.
//!
//! # Errors
//!
//! A packet leaves after it was handed over, so what goes wrong then is told by the next call. It
//! does not end the sink: the next packet may get through.
//!
//! # Trap
//!
//! To flush is to say that no more is coming, so it sends at once. `SinkExt::send` flushes after
//! each message, and `StreamExt::forward` whenever its source has nothing at the moment; use
//! [`Bundling::send`] or `SinkExt::feed`:
//!
//! ```
//! use futures::{SinkExt, StreamExt};
//! use oscine_codec::Message;
//! use oscine_transport::{Udp, bundling::Bundling};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut receiver = Udp::bind("127.0.0.1:0").await?.packets();
//! let target = receiver.socket().local_addr()?;
//! let mut sink = Bundling::new(Udp::bind("127.0.0.1:0").await?);
//!
//! for channel in 0..2 {
//!     sink.send((Message::new("/meter", (channel, 0.5_f32))?.into(), target)).await?;
//! }
//! let packet = receiver.next().await.ok_or("closed")?;
//! let together = "#bundle 0000000000000001 {/meter ,if 0 0.5; /meter ,if 1 0.5}";
//! assert_eq!(packet.to_string(), together);
//!
//! // Wrong: each goes out alone.
//! for channel in 0..2 {
//!     SinkExt::send(&mut sink, (Message::new("/meter", (channel, 0.5_f32))?.into(), target)).await?;
//! }
//! let packet = receiver.next().await.ok_or("closed")?;
//! assert_eq!(packet.to_string(), "/meter ,if 0 0.5");
//! # Ok(())
//! # }
//! ```

pub(crate) mod item;
pub(crate) mod packer;
pub(crate) mod sink;
pub(crate) mod task;

pub use item::Item;
pub use sink::{Bundling, BundlingBuilder};
