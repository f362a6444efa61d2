//! Serving.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use tracing::{info, warn};

use crate::server::outside::handle::ServerHandle;
use crate::server::serve_error::ServeError;
use crate::server::server::Server;

/// How long a server that was told to stop waits for what runs.
const GRACE: Duration = Duration::from_secs(5);

/// A server about to serve: await it.
///
/// # Examples
///
/// ```no_run
/// use oscine::Server;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder().udp("0.0.0.0:9000").bind().await?;
/// let ctrl_c = async { _ = tokio::signal::ctrl_c().await };
/// server.serve().with_graceful_shutdown(ctrl_c).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it is awaited"]
pub struct Serve {
    server: Server,
    shutdown: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    grace: Duration,
    drain: Duration,
}

impl Server {
    /// Serves until it is stopped.
    ///
    /// Nothing that a peer sends ends it. Await it, hand it to `tokio::spawn` with
    /// [`into_future`](std::future::IntoFuture::into_future), or end it with
    /// [`with_graceful_shutdown`](Serve::with_graceful_shutdown). Dropping it stops the server at once.
    pub fn serve(self) -> Serve {
        Serve::new(self)
    }
}

impl Serve {
    const fn new(server: Server) -> Self {
        Self { server, shutdown: None, grace: GRACE, drain: Duration::ZERO }
    }

    /// Stops the server when `shutdown` completes: the message that runs is finished, replies that were handed over
    /// are sent, bundles that wait are dropped and counted.
    pub fn with_graceful_shutdown(
        mut self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        self.shutdown = Some(Box::pin(shutdown));
        self
    }

    /// How long a handler that runs when the server is stopped has to finish, and connections to take their replies.
    /// Default 5 seconds; what is not done then is cut short.
    pub const fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Goes on running the bundles that wait when the server is stopped, each at its time, and the messages that a
    /// [`RateLimit`](crate::RateLimit) holds back, as far as they are due within so long. Nothing more is received
    /// meanwhile. Default zero: they are dropped and counted, and the server stops promptly.
    pub const fn drain(mut self, within: Duration) -> Self {
        self.drain = within;
        self
    }

    async fn run(self) -> Result<(), ServeError> {
        let Self { server, shutdown, grace, drain } = self;
        let Server { handle: ServerHandle { shared }, mut main_loop } = server;
        let (stop, over, stopped) =
            (shared.stop.clone(), shared.over.clone(), shared.stopped.clone());
        let cut = shared.cut.clone();
        // However this ends, the tasks end with it.
        let _ends = (stop.guard(), [&over, &cut].map(|token| token.clone().drop_guard()));
        let endpoints = shared.listening();
        info!(?endpoints, "serving");
        let gracefully = async {
            let result = main_loop.run(drain).await;
            stop.ask();
            // Those that nobody waits for may have replies, too.
            shared.calls.ended().await;
            over.cancel();
            // The sockets and the queue of the connections go first, so that nobody waits for them.
            drop(main_loop);
            stopped.cancelled().await;
            result
        };
        let shutdown = async {
            match shutdown {
                Some(shutdown) => tokio::select! {
                    () = shutdown => stop.ask(),
                    () = stop.asked() => {}
                },
                None => stop.asked().await,
            }
            tokio::time::sleep(drain.saturating_add(grace)).await;
        };
        let result = tokio::select! {
            result = gracefully => result,
            () = shutdown => {
                warn!(?grace, "a handler or connections were cut short");
                Ok(())
            }
        };
        cut.cancel();
        stopped.cancelled().await;
        info!(endpoints = ?shared.listening(), "stopped");
        result?;
        shared.failed()
    }
}

impl IntoFuture for Serve {
    type Output = Result<(), ServeError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<(), ServeError>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("server", &self.server)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}
