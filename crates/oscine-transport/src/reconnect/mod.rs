//! A client that keeps a connection alive.
//!
//! [`Reconnecting`] connects to a TCP or unix socket, or by any closure that makes streams of
//! bytes. When the connection breaks it connects again, with a back-off that grows from 100 ms to
//! 10 s, and resolves the name anew each time. It is a stream of what arrives, across all
//! connections, and queues what is to be sent. [`Sender`] sends from other tasks.
//!
//! # What becomes of a packet
//!
//! 1. **There is a connection.** The packet goes through the queue, bounded at 1,024, to the
//!    system. When the queue is full, [`send`](Reconnecting::send) waits and
//!    [`try_send`](Reconnecting::try_send) says [`SendError::Full`](crate::SendError::Full).
//! 2. **There is none.** It waits in the queue; when that is full the oldest is dropped. Other
//!    policies are in [`WhileDown`].
//! 3. **It has waited for 5 s.** It is dropped: a late cue is worse than none
//!    ([`max_age`](crate::connection::Builder::max_age)).
//! 4. **The connection broke before the system had all of it.** It is lost, and not sent again:
//!    nobody can know whether it arrived, and a cue must not come twice. What the peer had sent
//!    before is read, as far as it has arrived and there is room for it.
//!
//! Every packet accepted is written or dropped, and every drop is told three times: to the one who
//! awaits [`Sent`], in [`State`], and in [`Stats::drops`](crate::Stats::drops) as `queue-full`,
//! `stale`, `lost` or `offline`. What the system has taken may still be lost with the connection;
//! only an answer of the peer tells.
//!
//! # Traps
//!
//! Who sends only, and never reads the stream, has the peer slowed down when 1,024 packets wait to
//! be read: say [`send_only`](crate::connection::Builder::send_only).
//!
//! Dropping [`Sent`] is right where nobody needs to know; awaiting it after each send makes every
//! packet wait for the one before it.
//!
//! # Examples
//!
//! A console that is restarted, and a client that goes on:
//!
//! ```
//! use futures::{SinkExt, StreamExt};
//! use oscine_codec::{Message, Packet};
//! use oscine_transport::{reconnect::Reconnecting, tcp::Listener};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let console = Listener::bind("127.0.0.1:0").await?;
//! let mut client = Reconnecting::tcp().connect(console.local_addr()?);
//! for scene in 1..=3 {
//!     let (mut connection, _) = console.accept().await;
//!     client.connected().await;
//!     client.send(Message::new("/scene", (scene,))?).await?;
//!     let packet = connection.next().await.ok_or("closed")???;
//!     assert_eq!(packet.to_string(), format!("/scene ,i {scene}"));
//!     connection.send(packet).await?;
//!     assert!(client.next().await.ok_or("closed")?.is_ok());
//!     // The connection is dropped, and the client comes back.
//!     drop(connection);
//!     while client.state().is_connected() {
//!         tokio::task::yield_now().await;
//!     }
//! }
//! client.close().await;
//! assert_eq!(client.stats().sent, 3);
//! # Ok(())
//! # }
//! ```

pub(crate) mod builder;
pub(crate) mod client;
pub(crate) mod connect;
pub(crate) mod connector;
pub(crate) mod queue;
pub(crate) mod role;
pub(crate) mod sender;
pub(crate) mod sent;
pub(crate) mod session;
pub(crate) mod shared;
pub(crate) mod state;
pub(crate) mod task;
pub(crate) mod while_down;

pub use client::Reconnecting;
pub use role::Reconnect;
pub use sender::Sender;
pub use sent::Sent;
pub use state::{LostReason, State, States};
pub use while_down::WhileDown;
