//! A server whose calls wait.

use std::time::Duration;

use oscine_transport::Endpoint;
use tokio::task::JoinHandle;

use crate::blocking::driver::Driver;
use crate::blocking::error::BlockingError;
use crate::local::{driving, here};
use crate::server::builder::ServerBuilder;
use crate::server::outside::handle::ServerHandle;
use crate::server::serve_error::ServeError;
use crate::server::server;
use crate::server::step::Steps;

/// A server for programs without async: [`oscine::Server`](crate::Server) with calls that wait.
///
/// There are three ways to use it. [`run`](Self::run) serves until it is stopped. [`spawn`](Self::spawn) does that on a
/// thread of its own. [`process`](Self::process) and [`process_one`](Self::process_one) are for a loop of one's own:
/// handlers are called in there, on the caller's thread, and bundles run when they are called at their time.
///
/// Handlers that are not `Send` are [local ones](crate::local): `run`, `process` and `process_one` call them on their
/// thread, and so does waiting for a [`Background`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oscine::{AddressSpace, Server, blocking};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let space = AddressSpace::new();
/// space.method("/frame", |n: i32| println!("frame {n}"))?;
/// let builder = Server::builder().udp("127.0.0.1:0").address_space(space);
/// let mut server = blocking::Server::bind(builder)?;
///
/// let client = blocking::Client::connect(&server.endpoints()[0])?;
/// client.send(("/frame", 1))?;
/// assert!(server.process_one(Duration::from_secs(10))?);
/// // Once for each picture:
/// server.process()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    handle: ServerHandle,
    steps: Steps,
    /// Last: what is above has sockets in it.
    driver: Driver,
}

/// A server that serves on a thread of its own. Dropping it stops the server, and waits until its ports are free.
#[derive(Debug)]
#[must_use = "dropping it stops the server"]
pub struct Background {
    handle: ServerHandle,
    /// `None` once it has ended.
    serving: Option<JoinHandle<Result<(), ServeError>>>,
    driver: Driver,
}

impl Server {
    /// Binds all sockets of a builder.
    ///
    /// # Errors
    ///
    /// [`BlockingError::Bind`] names the endpoint that cannot be bound; [`BlockingError::InsideRuntime`],
    /// [`BlockingError::Thread`].
    pub fn bind(builder: ServerBuilder) -> Result<Self, BlockingError> {
        Self::bind_by(Driver::start()?, builder)
    }

    /// Binds all sockets of a builder, with a thread that is there.
    pub(crate) fn bind_by(driver: Driver, builder: ServerBuilder) -> Result<Self, BlockingError> {
        let server::Server { handle, main_loop } = driver.wait(builder.bind())??;
        Ok(Self { handle, steps: Steps::new(main_loop), driver })
    }

    /// A handle to send, edit, read counters, and stop, from any thread.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Where the server listens: the addresses that were really bound, in the order of the builder's calls.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.handle.endpoints()
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    ///
    /// [`BlockingError::Serve`] when it ends for another reason; [`BlockingError::InsideRuntime`].
    pub fn run(self) -> Result<(), BlockingError> {
        let Self { handle, steps, driver } = self;
        let server = server::Server { handle, main_loop: steps.into_main_loop() };
        Ok(driver.wait(with_local(server.serve().into_future()))??)
    }

    /// Serves on a thread of its own.
    pub fn spawn(self) -> Background {
        let Self { handle, steps, driver } = self;
        let server = server::Server { handle: handle.clone(), main_loop: steps.into_main_loop() };
        let serving = driver.spawn(server.serve().into_future());
        Background { handle, serving: Some(serving), driver }
    }

    /// Runs all that is ready, bundles that are due among it, and does not wait for more. Says how many deliveries
    /// there were: what one read of a socket brought is one.
    ///
    /// A handler that is async and not ready is waited for, as the messages behind it have to, unless it is
    /// [concurrent](crate::HandlerExt::concurrent). With a [`precision`](crate::ServerBuilder::precision) a bundle that
    /// is due within that time is waited for as well, a millisecond at most.
    ///
    /// # Errors
    ///
    /// [`BlockingError::Serve`], [`BlockingError::InsideRuntime`].
    pub fn process(&mut self) -> Result<usize, BlockingError> {
        Ok(self.driver.wait(with_local(self.steps.ready()))??)
    }

    /// How long until a bundle that waits is due, or something else that needs a step, if nothing arrives. `None` if
    /// nothing waits; zero if something is due.
    ///
    /// For a loop of one's own that sleeps between its steps: it sleeps no longer than this. What arrives meanwhile waits
    /// in the sockets until the next step; [`process_one`](Self::process_one) waits for both.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use oscine::{AddressSpace, Bundle, Message, Server, TimeTag, blocking};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let space = AddressSpace::new();
    /// space.method("/cue", |n: i32| println!("cue {n}"))?;
    /// let builder = Server::builder().udp("127.0.0.1:0").address_space(space);
    /// let mut server = blocking::Server::bind(builder)?;
    /// assert_eq!(server.next_timeout(), None);
    ///
    /// let soon = TimeTag::from(SystemTime::now() + Duration::from_millis(200));
    /// let client = blocking::Client::connect(&server.endpoints()[0])?;
    /// client.send(Bundle::new(soon, [Message::new("/cue", 1)?])?)?;
    /// while server.handle().stats().calls == 0 {
    ///     server.process()?;
    ///     // One thing that the loop does besides takes 10 ms.
    ///     let free = server.next_timeout().unwrap_or(Duration::from_millis(10));
    ///     std::thread::sleep(free.min(Duration::from_millis(10)));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        self.steps.next_timeout()
    }

    /// Waits until there is something to run, for so long at most, and runs it. Says whether there was something.
    ///
    /// How long what it runs may take is not limited by `timeout`.
    ///
    /// # Errors
    ///
    /// [`BlockingError::Serve`], [`BlockingError::InsideRuntime`].
    pub fn process_one(&mut self, timeout: Duration) -> Result<bool, BlockingError> {
        Ok(self.driver.wait(with_local(self.steps.next(timeout)))??)
    }
}

impl Background {
    /// A handle to send, edit, read counters, and stop, from any thread.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Where the server listens: the addresses that were really bound, in the order of the builder's calls.
    #[must_use]
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.handle.endpoints()
    }

    /// Stops the server, and waits until its ports are free.
    ///
    /// # Errors
    ///
    /// [`BlockingError::Serve`] when it has ended for another reason; [`BlockingError::InsideRuntime`], and then it is
    /// told to stop, and not waited for.
    pub fn stop(mut self) -> Result<(), BlockingError> {
        self.handle.stop();
        self.ended()
    }

    /// Waits until the server is stopped by somebody else.
    ///
    /// # Errors
    ///
    /// [`BlockingError::Serve`] when it ends for another reason; [`BlockingError::InsideRuntime`], and then it is
    /// stopped.
    pub fn join(mut self) -> Result<(), BlockingError> {
        self.ended()
    }

    fn ended(&mut self) -> Result<(), BlockingError> {
        let Some(serving) = self.serving.take() else { return Ok(()) };
        // It may be waiting for a call that only this thread can make.
        match self.driver.wait(with_local(serving))? {
            Ok(result) => Ok(result?),
            // It panicked, or its runtime has gone: the port is free in either case.
            Err(error) => Err(ServeError::Timer(std::io::Error::other(error)).into()),
        }
    }
}

/// Awaits `future`, and has the [local handlers](crate::local) of this thread called meanwhile.
async fn with_local<F: Future>(future: F) -> F::Output {
    driving::beside(&here::all(), future).await
}

impl Drop for Background {
    fn drop(&mut self) {
        self.handle.stop();
        // Inside of a runtime it is told, and not waited for. An error has been told in the log.
        let _ = self.ended();
    }
}
