//! Handlers that stay on one thread, and so need not be `Send`.
//!
//! An `Rc<RefCell<Synth>>`, the handle of a window, an engine that belongs to the main thread: a handler with one of
//! these may be called on one thread alone. [`LocalHandlers`] owns such handlers. What
//! [`handler`](LocalHandlers::handler) makes of one can be registered like any other, in any
//! [`AddressSpace`](crate::AddressSpace): when a message reaches it, its owner calls the handler, and whoever dispatches
//! waits for that. So the order of messages, bundles in one piece, replies, misfits, panics, errors and
//! [time-outs](crate::ServerBuilder::handler_timeout) are as with all [handlers](crate::handler). Arguments are read
//! where the message arrives; what a handler returns need not be `Send`, either.
//!
//! # Who has the handlers called
//!
//! 1. **The server runs on the same thread**: a task of a current-thread runtime or of a `LocalSet`, a future that
//!    `#[tokio::main]` awaits, a [`blocking::Server`](crate::blocking::Server) that is stepped or
//!    [run](crate::blocking::Server::run). Handlers are called where the message is dispatched, and there is nothing to
//!    do for it. Only calls that [nobody waits for](crate::HandlerExt::concurrent) need, where there is no
//!    `blocking::Server`, one of the next two to go on.
//! 2. **The server runs elsewhere, and the thread is async**: [`run`](LocalHandlers::run), or
//!    [`run_until`](LocalHandlers::run_until) something is through.
//! 3. **The server runs elsewhere, and the thread has a loop of its own**: [`process`](LocalHandlers::process), once for
//!    each picture. It never waits. [`process_for`](LocalHandlers::process_for) waits, for so long.
//!
//! # A loop that comes seldom
//!
//! In the third case a server waits with all its messages until the loop comes by, and makes its next call after that. At
//! 60 pictures a second that is hardly more than 60 messages a second: what arrives faster piles up. There are three ways
//! out:
//!
//! * [`concurrent(n)`](crate::HandlerExt::concurrent) around the local handler: up to `n` calls wait for the loop
//!   together, and are made in order, in one step; the other messages go on meanwhile, so a bundle may be spread over two
//!   steps;
//! * [`process_for`](LocalHandlers::process_for) with the time that the picture leaves: the next call comes some
//!   microseconds after the last one;
//! * stepping a [`blocking::Server`](crate::blocking::Server) in the loop, the first case: all that has arrived is run in
//!   one step, in order, and bundles in one piece.
//!
//! # An owner that does not come
//!
//! A call waits a second, or [as long as is said](LocalHandlers::with_patience), for a sign of life of its owner. Then it
//! fails with [`LocalError::Away`], and so does every call after it, without waiting, until the owner is back. So a loop
//! that hangs costs a server one pause. When the owner has been dropped, calls fail with [`LocalError::Gone`]. Both are
//! errors of the handler: counted, logged, and told to [`on_error`](crate::ServerBuilder::on_error).
//!
//! A call that has begun may take as long as it likes, unless the server has a
//! [`handler_timeout`](crate::ServerBuilder::handler_timeout). A call that is given up, by a time-out or as the server
//! stops, does not begin any more; one that is async and has begun is dropped at the point where it waits, with the next
//! turn of its owner, and one that is not runs to its end unheard.
//!
//! Outside of a tokio runtime, where a [`Dispatcher`](crate::Dispatcher) may be, there is no timer, and a call waits for as
//! long as the owner lives. Local handlers that use tokio's timers or sockets need a runtime around what has them called.
//!
//! # Examples
//!
//! ```
//! use std::cell::RefCell;
//! use std::rc::Rc;
//!
//! use oscine::{AddressSpace, Client, LocalHandlers, Server};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (local, space) = (LocalHandlers::new(), AddressSpace::new());
//! let names = Rc::new(RefCell::new(Vec::new()));
//! let list = Rc::clone(&names);
//! let add = local.handler(move |name: String| {
//!     list.borrow_mut().push(name);
//!     ("/names", list.borrow().len() as i32)
//! });
//! space.method("/name/add", add)?;
//!
//! let server = Server::builder().udp("127.0.0.1:0").address_space(space).bind().await?;
//! let client = Client::connect(&server.endpoints()[0]).await?;
//! // It might as well be a task on another thread.
//! tokio::spawn(server.serve().into_future());
//! let reply = local.run_until(client.request(("/name/add", "bass"), "/names")).await?;
//! assert_eq!(reply.args().parse::<i32>()?, 1);
//! assert_eq!(*names.borrow(), ["bass"]);
//! # Ok(())
//! # }
//! ```

pub(crate) mod call;
pub(crate) mod driving;
pub(crate) mod error;
pub(crate) mod handler;
pub(crate) mod handlers;
pub(crate) mod here;
pub(crate) mod link;
pub(crate) mod owner;

pub use error::LocalError;
pub use handler::LocalHandler;
pub use handlers::LocalHandlers;
