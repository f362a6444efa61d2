//! A server that is bound.

use std::fmt;

use oscine_transport::Endpoint;

use crate::server::handle::ServerHandle;
use crate::server::main_loop::MainLoop;

/// A server that is bound: its sockets receive, and [`serve`](Self::serve) runs what they received.
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
/// # Log
///
/// A server tells what it does by `tracing`:
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
