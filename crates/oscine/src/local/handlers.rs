//! The owner of handlers that are not `Send`.

use std::fmt;
use std::future::{Future, pending};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::handler::wrapped::Wrapped;
use crate::local::driving::{Driving, beside};
use crate::local::handler::LocalHandler;
use crate::local::here;
use crate::local::link::Link;
use crate::local::owner::Owner;

/// How long the owner of local handlers may give no sign of life while calls wait for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Handlers that stay on the thread that makes them, and so need not be `Send`: their owner.
///
/// The [module page](crate::local) tells how they are called. Dropping it drops the handlers, on this thread; calls of
/// them fail with [`LocalError::Gone`](crate::LocalError::Gone) from then on. A handler that captures an `Rc` of its
/// owner keeps it alive for ever: it captures a [`Weak`](std::rc::Weak).
///
/// # Examples
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use std::time::Duration;
///
/// use oscine::{AddressSpace, LocalHandlers, Server, blocking};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let gain = Rc::new(Cell::new(1.0));
/// let (local, space) = (LocalHandlers::new(), AddressSpace::new());
/// let knob = Rc::clone(&gain);
/// space.method("/gain", local.handler(move |value: f32| knob.set(value)))?;
///
/// let builder = Server::builder().udp("127.0.0.1:0").address_space(space);
/// let server = blocking::Server::bind(builder)?.spawn();
/// let client = blocking::Client::connect(&server.endpoints()[0])?;
/// client.send(("/gain", 0.5_f32))?;
/// while gain.get() == 1.0 {
///     // The program's own loop: drawing, and once for each picture
///     local.process();
/// #   std::thread::yield_now();
/// }
/// assert_eq!(gain.get(), 0.5);
/// # Ok(())
/// # }
/// ```
#[must_use = "its handlers are gone when it is dropped"]
pub struct LocalHandlers {
    owner: Rc<Owner>,
}

impl LocalHandlers {
    /// An owner of handlers, none yet. A call may wait a second for it to give a sign of life.
    pub fn new() -> Self {
        Self::with_patience(PATIENCE)
    }

    /// An owner for which a call may wait so long without a sign of life.
    ///
    /// A sign of life is every call of a method here that runs handlers, every call begun, and, where a future of
    /// [`run`](Self::run) is awaited, every time that it is polled. When it is missing for so long while a call waits, that
    /// call and all that come fail with [`LocalError::Away`](crate::LocalError::Away), without waiting, until the next sign
    /// of life. Default one second: longer than a program's loop may take for a picture, and as long as a server that
    /// waits for it may stand still once.
    pub fn with_patience(patience: Duration) -> Self {
        let owner = Rc::new(Owner::new(Link::new(patience)));
        here::enter(&owner);
        Self { owner }
    }

    /// Keeps a handler, and makes one of it that can be registered anywhere: it has the function called by its owner.
    ///
    /// It can have something [put around it](crate::HandlerExt) first. The handler is dropped, on this thread, with the
    /// next turn after its registration was taken back.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    ///
    /// use oscine::{AddressSpace, Captures, HandlerExt, LocalHandlers};
    ///
    /// let (local, space) = (LocalHandlers::new(), AddressSpace::new());
    /// let names = Rc::new(RefCell::new(Vec::new()));
    /// let list = Rc::clone(&names);
    /// let set = local.handler(move |Captures((n,)): Captures<(usize,)>, name: String| {
    ///     list.borrow_mut().push((n, name));
    /// });
    /// space.method("/track/*/name", set)?;
    /// // Up to 64 calls wait for this thread together, and other messages go on.
    /// let ask = local.handler(move || ("/tracks", names.borrow().len() as i32)).concurrent(64);
    /// space.method("/track/count", ask)?;
    /// # Ok::<(), oscine::AddressError>(())
    /// ```
    pub fn handler<M>(&self, function: impl LocalHandler<M>) -> Wrapped {
        function.with_owner(&self.owner)
    }

    /// Runs all that is ready, and does not wait for more. Says how many calls were begun, 1,024 at most.
    ///
    /// For a loop of one's own, which calls it once for each picture.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn process(&self) -> usize {
        self.owner.turn()
    }

    /// Runs calls as they come, for so long. Says how many were begun.
    ///
    /// For a program without async, and for a loop that has time to spare: a server that waits for a call sends the next
    /// one only when that is through. It blocks the thread, so it is not for the inside of an async runtime.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn process_for(&self, time: Duration) -> usize {
        let end = Instant::now().checked_add(time);
        let driving = Driving::new(&self.owner);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut begun = 0;
        loop {
            begun += driving.turn(&waker);
            match end.map(|end| end.saturating_duration_since(Instant::now())) {
                None => thread::park(),
                Some(Duration::ZERO) => return begun,
                Some(left) => thread::park_timeout(left),
            }
        }
    }

    /// Runs calls as they come, and never ends by itself.
    ///
    /// It needs no `LocalSet` and no runtime of a certain kind: it runs wherever it is awaited.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: what is under way goes on when it is called again.
    pub async fn run(&self) {
        self.run_until(pending()).await
    }

    /// Runs calls as they come until `future` completes, on the same thread.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe if `future` is: what is under way goes on when it is called again.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        beside(&[Rc::clone(&self.owner)], future).await
    }

    /// How many calls wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.owner.link.waiting()
    }
}

impl Drop for LocalHandlers {
    fn drop(&mut self) {
        here::leave(&self.owner);
        self.owner.close();
    }
}

impl Default for LocalHandlers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalHandlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalHandlers")
            .field("handlers", &self.owner.len())
            .field("waiting", &self.waiting())
            .finish()
    }
}

/// Ends the waiting of a thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
