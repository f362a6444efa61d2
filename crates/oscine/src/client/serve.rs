//! Calling handlers with what comes back.

use std::future::IntoFuture;
use std::pin::Pin;

use crate::address_space::address_space::AddressSpace;
use crate::client::client::Client;
use crate::schedule::limits::ScheduleLimits;
use crate::server::builder::ServerBuilder;
use crate::server::endpoint::bind_error::BindError;
use crate::server::serve_error::ServeError;
use crate::server::server::Server;

/// A client about to call handlers with what comes back: await it.
///
/// It is a [`Server`] whose one endpoint is the client. [`with`](Self::with) sets what can be set on
/// a server, and [`bind`](Self::bind) makes it one, for a [handle](Server::handle) with figures,
/// subscriptions and what waits.
///
/// # Examples
///
/// ```no_run
/// use oscine::{AddressSpace, Client};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::udp("mixer.local:10023").await?;
/// let sender = client.sender();
/// let space = AddressSpace::new();
/// space.method("/ch/{01,02}/mix/fader", |level: f32| println!("{level}"))?;
/// let serve = client.serve(space).with(|server| server.on_error(|fault| eprintln!("{fault}")));
/// let serving = serve.bind().await?;
/// let handle = serving.handle();
/// tokio::spawn(serving.serve().into_future());
/// sender.send(("/ch/01/mix/fader", ())).await?;
/// println!("{:?}", handle.stats().lateness);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a client calls no handlers until this is awaited"]
pub struct ClientServe {
    server: ServerBuilder,
}

impl Client {
    /// Calls the handlers of an address space with what comes back, until the connection ends; on
    /// datagrams, and on a client that reconnects, until this is dropped.
    ///
    /// It is done by a server: bundles run at their time, never early, atomic, and in order of their
    /// time tags; what is malformed, unmatched, late or beyond a limit is counted and told; and
    /// handlers that panic are caught. What handlers return is sent to the peer, which is who handlers
    /// see, also on a client that [hears anyone](crate::ClientBuilder::hear_anyone). A
    /// [`ClientSender`](crate::ClientSender) sends and asks meanwhile; a reply that it asked for goes
    /// to it and, unless it came in a bundle, to no handler. What the stream had kept goes to
    /// handlers first.
    ///
    /// When the connection ends, what has arrived runs. Then, and when the server is stopped, replies
    /// that were handed over are sent, for as long as its [grace](crate::Serve::grace), and bundles
    /// that wait are dropped and counted.
    ///
    /// Await it, hand it to `tokio::spawn` with [`into_future`](IntoFuture::into_future), or put it
    /// into a `select!`.
    pub fn serve(self, space: AddressSpace) -> ClientServe {
        ClientServe { server: Server::builder().client(self).address_space(space) }
    }
}

impl ClientServe {
    /// How much may wait for its time. Default [`ScheduleLimits::new`].
    pub fn schedule_limits(self, limits: ScheduleLimits) -> Self {
        self.with(|server| server.schedule_limits(limits))
    }

    /// Sets whatever can be set on a server: time and late policy, clock, limits, who hears of
    /// faults, concurrency; even more endpoints, which then are served as long as the client is. The
    /// client is endpoint 0.
    ///
    /// What is about sockets, connections, framing and decoding does not reach the client, which has
    /// been made already; [rules](crate::PeerRules) with hooks that could be for it, or with a framing
    /// for endpoint 0, are an error. It is none of the connections that a server accepts, lists and
    /// [kicks](crate::ServerHandle::kick): [`close_endpoint`](crate::ServerHandle::close_endpoint)
    /// closes it. Networks, rates and rules take all that it hears as its peer's, whoever has sent it.
    pub fn with(self, set: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Self {
        Self { server: set(self.server) }
    }

    /// Makes it a server that is not served yet, to have its [handle](Server::handle).
    ///
    /// # Errors
    ///
    /// [`BindError`] if the system has no timer, or what was [set](Self::with) cannot be had. The
    /// client is closed then.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe. If it does not complete, the client is closed.
    pub async fn bind(self) -> Result<Server, BindError> {
        self.server.bind().await
    }
}

impl IntoFuture for ClientServe {
    /// As that of [`Serve`](crate::Serve).
    type Output = Result<(), ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.bind().await?.serve().await })
    }
}
