//! What can be put around a handler.

use std::sync::Arc;

use crate::handler::blocking::Blocking;
use crate::handler::call::Call;
use crate::handler::concurrent::Concurrent;
use crate::handler::handler::Handler;
use crate::handler::once::Once;
use crate::handler::when::When;
use crate::handler::wrapped::Wrapped;

/// What can be put around a handler, one around the other: what stands last is asked first.
///
/// # Examples
///
/// ```
/// use oscine::handler::filter;
/// use oscine::{AddressSpace, HandlerExt};
///
/// let space = AddressSpace::new();
/// // Only the desk may fire cues; they are read from a disk.
/// let desk = std::net::IpAddr::from([10, 0, 0, 5]);
/// let fire = |cue: i32| std::fs::read(format!("cues/{cue}")).map(drop);
/// space.method("/cue/fire", fire.blocking().when(filter::from_host(desk)))?;
/// // A device says once who it is.
/// space.method("/hello", (|name: String| println!("{name} is here")).once())?;
/// # Ok::<(), oscine::AddressError>(())
/// ```
pub trait HandlerExt<M>: Handler<M> + Sized {
    /// Calls the handler only for calls that `filter` accepts. The others do not fit: the next handler is tried, and a
    /// message that no handler takes is counted as a misfit.
    ///
    /// [`filter`](crate::handler::filter) has some ready-made. It is asked before any argument is read.
    fn when(self, filter: impl Fn(&Call<'_>) -> bool + Send + Sync + 'static) -> Wrapped {
        Wrapped(Arc::new(When::new(self.into_callable(), filter)))
    }

    /// Calls the handler once, for the first message that fits it, and takes its registration back.
    ///
    /// A panic is a call, too. Where it cannot be taken back, as a fallback cannot, it fits no message any more. Of
    /// servers that share an address space one alone makes the call; while one tries a message on the handler, it fits
    /// none of the others'.
    fn once(self) -> Wrapped {
        Wrapped(Arc::new(Once::new(self.into_callable())))
    }

    /// Lets up to `calls` calls of an async or [blocking](Self::blocking) handler be under way at once, while messages
    /// that come after go on. By default messages wait until the handlers before them are through.
    ///
    /// When as many are under way, the message that would begin one more waits, and so do those behind it. 0 counts
    /// as 1. A handler that is through when it returns is called as ever.
    fn concurrent(self, calls: usize) -> Wrapped {
        Wrapped(Arc::new(Concurrent::new(self.into_callable(), calls)))
    }

    /// Runs the handler, which is not async, on tokio's pool of threads for blocking work: for what reads files or
    /// computes for long.
    ///
    /// The parameters are taken before, so that a message that does not fit is tried on the next handler. The reply is
    /// sent, and what comes after goes on, when it is through. A call that is given up, as when the server stops, does
    /// not begin any more; one that has begun runs to its end unheard.
    fn blocking(self) -> Wrapped
    where
        Self: Blocking<M>,
    {
        self.into_blocking()
    }
}

impl<H: Handler<M>, M> HandlerExt<M> for H {}
