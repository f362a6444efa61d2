//! Handlers: what runs when a message reaches a method.
//!
//! A handler is a function or closure, async or not, of up to twelve parameters. Each parameter takes itself from
//! the call, in order, arguments and context mixed as you like:
//!
//! * arguments: `i32` `i64` `f32` `f64` `bool` `char` `String` `Bytes` `Vec<u8>` [`TimeTag`] [`Color`] [`Midi`],
//!   `Option<T>`, `Vec<T>` and `[T; N]` for arrays, tuples, [`Rest<T>`] for all that are left. Numbers and truth
//!   values stand in for each other;
//! * context: [`Peer`], [`Address`], [`Captures`], [`Message`], [`TypeTags`], [`MethodKey`], [`BundleTime`],
//!   [`ReceivedAt`], [`Lateness`], [`Reply`], [`State<T>`].
//!
//! All arguments have to be taken; [`Message`] takes all that are left, of whatever type, and
//! [`args`](crate::Message::args) goes through them. A handler whose parameters do not fit a message is not called: the next one at
//! that address is tried, and the misfit is counted.
//!
//! What a handler returns goes back to the sender: see [`IntoReply`].
//!
//! ```
//! use oscine::{AddressSpace, Message, Peer};
//!
//! let space = AddressSpace::new();
//! space.method("/gain", |gain: f32| println!("gain {gain}"))?;
//! space.method("/who", |peer: Peer| Message::new("/you", peer.to_string()))?;
//! space.method("/add", async |a: i32, b: i32| ("/sum", a + b))?;
//! # Ok::<(), oscine::AddressError>(())
//! ```
//!
//! A handler may be called again before an earlier call is through, so it lends out what it captures: what it changes
//! is behind a lock, or atomic. An async one that captures something gives each call a clone:
//!
//! ```
//! # use std::sync::{Arc, Mutex};
//! # let space = oscine::AddressSpace::new();
//! let seen = Arc::new(Mutex::new(Vec::new()));
//! space.method("/note", move |note: i32| {
//!     let seen = Arc::clone(&seen);
//!     async move { seen.lock().expect("not poisoned").push(note) }
//! })?;
//! # Ok::<(), oscine::AddressError>(())
//! ```
//!
//! Functions and methods that take a state first are registered through
//! [`AddressSpace::with_state`](crate::AddressSpace::with_state). What can be put around a handler, so that it is called
//! once, for some calls alone, several times at once or on another thread, is told in [`HandlerExt`]. Handlers that are not
//! `Send` are made so by [`LocalHandlers`](crate::LocalHandlers).
//!
//! [`Address`]: crate::Address
//! [`Bytes`]: bytes::Bytes
//! [`Color`]: crate::Color
//! [`Message`]: crate::Message
//! [`MethodKey`]: crate::MethodKey
//! [`Midi`]: crate::Midi
//! [`Peer`]: crate::Peer
//! [`Rest<T>`]: crate::Rest
//! [`TimeTag`]: crate::TimeTag

pub(crate) mod arguments;
pub(crate) mod arities;
pub(crate) mod blocking;
pub(crate) mod call;
pub(crate) mod callable;
pub(crate) mod captures;
pub(crate) mod concurrent;
pub(crate) mod context;
pub(crate) mod ext;
pub mod filter;
pub(crate) mod from_call;
#[expect(
    clippy::module_inception,
    reason = "one file an idea, and this one holds the public trait"
)]
pub(crate) mod handler;
pub(crate) mod hold;
pub(crate) mod into_reply;
pub(crate) mod job;
pub(crate) mod once;
pub(crate) mod outlet;
pub(crate) mod registered;
pub(crate) mod registry;
pub(crate) mod reply;
pub(crate) mod send_error;
pub(crate) mod state;
pub(crate) mod stated;
pub(crate) mod states;
pub(crate) mod when;
pub(crate) mod wrapped;

pub use blocking::Blocking;
pub use call::Call;
pub use captures::{Captures, FromCaptures};
pub use context::{BundleTime, Lateness, ReceivedAt, TypeTags};
pub use ext::HandlerExt;
pub use from_call::FromCall;
pub use handler::{Handler, IsAsync, IsSync};
pub use into_reply::{IntoReply, Next, Replies};
pub use reply::Reply;
pub use send_error::SendError;
pub use state::State;
pub use stated::{AsyncMethod, Borrows, StateHandler, Stated};
pub use wrapped::Wrapped;
