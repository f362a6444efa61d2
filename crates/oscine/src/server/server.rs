//! A server that is bound.

use std::fmt;

use oscine_transport::Endpoint;

use crate::server::main_loop::MainLoop;
use crate::server::outside::handle::ServerHandle;

/// A server that is bound: its sockets receive, and [`serve`](Self::serve) runs what they received.
///
/// It calls handlers one after another, in the order in which messages came. One that does not return holds up what
/// comes after it, unless it is [concurrent](crate::HandlerExt::concurrent), and nothing else.
///
/// | for | there is |
/// | --- | --- |
/// | sockets | [`udp`], [`tcp`], [`unix`], [`endpoint`](crate::ServerBuilder::endpoint), of which each may have options of its own, [`Bind`](crate::Bind); [`add_endpoint`] while it serves |
/// | transports of the program's own | [`stream`](crate::ServerBuilder::stream) for one, [`connections`] for many (TLS); [`datagrams`] (WebSocket messages, radio, QUIC); [`add_datagrams`] and its like while it serves |
/// | what handlers return | goes back to the sender: [`handler`](crate::handler); later, or several times: [`Reply`](crate::Reply) |
/// | whoever did not ask | [`send_to`] a [`Target`](crate::Target): a [`Peer`](crate::Peer), or an address, through [`default_endpoint`] |
/// | messages beside handlers | [`subscribe`], [`subscribe_as`](crate::ServerHandle::subscribe_as) |
/// | bundles that wait | [`pending`], [`cancel`](crate::ServerHandle::cancel), [`run_pending`](crate::ServerHandle::run_pending); how many may: [`schedule_limits`](crate::ServerBuilder::schedule_limits) |
/// | what time tags are good for | [`timing`](crate::ServerBuilder::timing); [`precision`](crate::ServerBuilder::precision); clocks of peers that are off: [`LearnOffset`](crate::LearnOffset) |
/// | who may send, how much, and how it is read | [`networks`](crate::ServerBuilder::networks), [`rate_limit`](crate::ServerBuilder::rate_limit), [`peer_rules`](crate::ServerBuilder::peer_rules) |
/// | what goes wrong | [`on_error`], [`on_handler_error`](crate::ServerBuilder::on_handler_error), [`handler_timeout`](crate::ServerBuilder::handler_timeout) |
/// | figures | [`stats`], [`lateness`](crate::ServerHandle::lateness), [`peers`](crate::ServerHandle::peers); for others [`built_in`](crate::ServerBuilder::built_in), and feature `metrics` |
/// | the end | [`stop`](crate::ServerHandle::stop), or [`with_graceful_shutdown`](crate::Serve::with_graceful_shutdown); [`drain`](crate::Serve::drain) |
/// | no async | [`blocking::Server`](crate::blocking::Server); handlers that stay on a thread: [`local`](crate::local) |
///
/// [`add_datagrams`]: crate::ServerHandle::add_datagrams
/// [`add_endpoint`]: crate::ServerHandle::add_endpoint
/// [`connections`]: crate::ServerBuilder::connections
/// [`datagrams`]: crate::ServerBuilder::datagrams
/// [`default_endpoint`]: crate::ServerBuilder::default_endpoint
/// [`on_error`]: crate::ServerBuilder::on_error
/// [`pending`]: crate::ServerHandle::pending
/// [`send_to`]: crate::ServerHandle::send_to
/// [`stats`]: crate::ServerHandle::stats
/// [`subscribe`]: crate::ServerHandle::subscribe
/// [`tcp`]: crate::ServerBuilder::tcp
/// [`udp`]: crate::ServerBuilder::udp
/// [`unix`]: crate::ServerBuilder::unix
///
/// # Examples
///
/// ```
/// use oscine::{AddressSpace, Client, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let space = AddressSpace::new();
/// space.method("/add", |a: i32, b: i32| ("/sum", a + b))?;
///
/// let server = Server::builder().udp("127.0.0.1:0").address_space(space).bind().await?;
/// let endpoint = server.endpoints()[0].clone();
/// let handle = server.handle();
/// tokio::spawn(server.serve().into_future());
///
/// let mut client = Client::connect(&endpoint).await?;
/// let sum = client.request(("/add", (2, 3)), "/sum").await?;
/// assert_eq!(sum.args().parse::<i32>()?, 5);
/// handle.stop();
/// handle.stopped().await;
/// # Ok(())
/// # }
/// ```
///
/// # When a handler is not called
///
/// By itself a server says nothing about messages that it has no use for. [`stats`] tells which of these it is:
///
/// | [`Stats`](crate::Stats) | what is wrong | who tells more |
/// | --- | --- | --- |
/// | `received` is 0 | nothing arrives: another port, a firewall, an address such as `127.0.0.1` that others do not reach (`*:9000` is all interfaces) | [`endpoints`](Self::endpoints) |
/// | `bad` | what arrives is no packet; some devices need [`Profile::Field`](crate::Profile::Field) | [`on_error`], `transport.bad` by kind |
/// | `denied`, `rate_limited` | networks, rates and rules keep it out | the log, at level warn |
/// | `unmatched` | no method has this address | [`fallback`](crate::AddressSpace::fallback) |
/// | `misfits` | the method takes other arguments | [`on_error`] |
/// | `pending`, `schedule_refused`, `dropped_late` | it is in a bundle for later, or for too late | [`pending`] |
///
/// What is malformed, unmatched or misfits is in the log, too: at level debug once a minute, at level trace each of it.
///
/// # Log
///
/// A server tells what it does by `tracing`; a subscriber, such as that of the crate `tracing-subscriber`, shows it.
///
/// | level | what |
/// | --- | --- |
/// | info | that it serves, and that it has stopped, with `endpoints`; each connection, with `peer` |
/// | warn | what is dropped, with `peer` and `cause`; handlers that fail or take too long, with `address` |
/// | error | handlers and callbacks that panic |
/// | debug | malformed packets, messages that reach no method or fit none, replies that could not be sent, with `peer` |
/// | trace | each packet, each bundle that has waited, with how late it runs, and all that is held back above |
///
/// What peers can repeat is told once a minute for each cause, for handlers for each of 64 addresses, with `held_back`:
/// how many like it were not told before.
///
/// A connection is a span, `connection`, with `peer`, its `number` and the `endpoint`. Messages and bundles have none.
#[must_use = "a server does nothing until `serve` is awaited"]
pub struct Server {
    pub(crate) handle: ServerHandle,
    /// Last, because what says that the server has stopped is in it.
    pub(crate) main_loop: MainLoop,
}

impl Server {
    /// A handle to send, edit, read counters, and stop.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Where the server listens: the addresses that were really bound, in the order of the builder's calls.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.handle.endpoints()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("handle", &self.handle).finish_non_exhaustive()
    }
}
