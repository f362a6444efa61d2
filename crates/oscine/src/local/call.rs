//! Calling a local handler, from any thread.

use std::future::Future;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;

use futures::future::LocalBoxFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::handler::into_reply::Replies;
use crate::local::error::LocalError;
use crate::local::here;
use crate::local::link::{Begin, Begun, Job, Link};
use crate::local::owner::Owner;

/// A local handler, as those know it who call it.
pub(crate) struct Method {
    pub(crate) link: Arc<Link>,
    pub(crate) handler: u64,
}

impl Drop for Method {
    fn drop(&mut self) {
        self.link.take_back(self.handler);
    }
}

/// A call that is not through.
struct Waiting {
    /// Held, so that the handler is there as long as somebody waits for it.
    method: Arc<Method>,
    number: u64,
    end: oneshot::Receiver<thread::Result<Replies>>,
}

impl Waiting {
    /// Puts a call in line.
    fn new(method: Arc<Method>, begin: Begin) -> Result<Self, LocalError> {
        let (told, end) = oneshot::channel();
        let number = method.link.push(Job { handler: method.handler, begin, end: told })?;
        Ok(Self { method, number, end })
    }

    /// A call that is under way on this thread.
    fn under_way(
        method: Arc<Method>,
        owner: &Owner,
        call: LocalBoxFuture<'static, Replies>,
    ) -> Self {
        let (told, end) = oneshot::channel();
        owner.see_to(call, told);
        Self { number: method.link.number(), method, end }
    }
}

/// What has come of a call when it is made.
enum Made {
    Through(Replies),
    Waits(Waiting),
    InLine(Waiting),
}

/// Makes a call: at once, if this is the thread of the owner. If the handler panics then, so does this.
fn make(method: Arc<Method>, begin: Begin) -> Result<Made, LocalError> {
    let Some(owner) = here::find(&method.link) else {
        return Waiting::new(method, begin).map(Made::InLine);
    };
    match owner.call(method.handler, begin) {
        Some(Begun::Through(replies)) => Ok(Made::Through(replies)),
        Some(Begun::UnderWay(call)) => Ok(Made::Waits(Waiting::under_way(method, &owner, call))),
        None => Err(LocalError::Gone),
    }
}

impl Future for Waiting {
    type Output = Result<thread::Result<Replies>, LocalError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Here the owner cannot come by itself before this returns.
        if let Some(owner) = here::find(&self.method.link) {
            owner.link.wakers.register(self.number, cx.waker());
            owner.turn();
        }
        Pin::new(&mut self.end).poll(cx).map(|end| end.map_err(|_| LocalError::Gone))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.method.link.give_up(self.number);
    }
}

/// Calls a handler, and waits until it is through. What becomes of it is what would become of one that runs here.
pub(crate) async fn call(method: Arc<Method>, begin: Begin) -> Replies {
    match end_of(method, begin).await {
        Ok(Ok(replies)) => replies,
        // A panic of the handler is one here.
        Ok(Err(panic)) => resume_unwind(panic),
        Err(error) => {
            let mut replies = Replies::default();
            replies.fail(error);
            replies
        }
    }
}

async fn end_of(method: Arc<Method>, begin: Begin) -> Result<thread::Result<Replies>, LocalError> {
    let link = Arc::clone(&method.link);
    let mut signs = link.signs();
    let waiting = match make(method, begin)? {
        Made::Through(replies) => return Ok(Ok(replies)),
        Made::Waits(waiting) => return waiting.await,
        Made::InLine(waiting) => waiting,
    };
    let mut waiting = pin!(waiting);
    // Elsewhere there is no timer.
    while Handle::try_current().is_ok() {
        if let Ok(end) = timeout(link.patience, &mut waiting).await {
            return end;
        }
        if !link.is_waiting(waiting.number) {
            // It has begun. How long it may take is not for us to say.
            break;
        }
        let now = link.signs();
        if now == signs {
            return Err(link.miss());
        }
        signs = now;
    }
    waiting.await
}
