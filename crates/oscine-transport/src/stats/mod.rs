//! What has gone through sockets, counted.
//!
//! Each socket, listener and client counts for itself, unless its builder was given [`Counters`]
//! that several share. Reading them takes no lock and stops nobody: [`Stats`] are a snapshot in
//! which each number is right by itself.
//!
//! What has arrived adds up: [`received`](Stats::received) is the number of good packets, of
//! [`bad`](Stats::bad) ones, and of those dropped on the way in, each with its cause. What a server
//! drops behind its sockets has causes of its own, such as a full schedule.
//!
//! # Examples
//!
//! ```
//! use futures::StreamExt;
//! use oscine_transport::{Udp, stats::DropCause};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut udp = Udp::bind("127.0.0.1:0").await?;
//! udp.sender().send_bytes_to(b"/a\0", udp.local_addr()?).await?;
//! let _bad = udp.next().await;
//!
//! let stats = udp.stats();
//! assert_eq!((stats.received, stats.bad.total()), (1, 1));
//! assert_eq!(stats.bad.get("bad-string") + stats.bad.get("truncated"), 1);
//! assert_eq!(stats.dropped(DropCause::Refused), 0);
//! # Ok(())
//! # }
//! ```

pub(crate) mod cause;
pub(crate) mod counters;
pub(crate) mod counts;
pub(crate) mod names;
pub(crate) mod snapshot;

pub use cause::DropCause;
pub use counters::Counters;
pub use counts::Counts;
pub use snapshot::{ConnectionStats, Stats};
