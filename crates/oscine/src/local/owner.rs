//! The thread's part: handlers, and their calls under way.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use futures::StreamExt;
use futures::future::LocalBoxFuture;
use futures::stream::FuturesUnordered;

use crate::dispatch::let_go::let_go;
use crate::handler::into_reply::Replies;
use crate::local::link::{Begin, Begun, End, Job, Link};

/// Handlers that stay on the thread that made them, and their calls under way.
///
/// Nothing here is borrowed while a handler runs, or while what one has captured is dropped: either may come back here.
pub(crate) struct Owner {
    pub(crate) link: Arc<Link>,
    handlers: RefCell<HashMap<u64, Rc<dyn Any>>>,
    under_way: RefCell<UnderWay>,
}

type UnderWay = FuturesUnordered<LocalBoxFuture<'static, ()>>;

/// How many calls are begun in one turn.
const MOST: usize = 1024;

impl Owner {
    pub(crate) fn new(link: Link) -> Self {
        let (link, handlers) = (Arc::new(link), RefCell::default());
        Self { link, handlers, under_way: RefCell::default() }
    }

    /// Keeps a handler until it is taken back; says its number.
    pub(crate) fn keep(&self, handler: Rc<dyn Any>) -> u64 {
        self.sweep();
        let number = self.link.number();
        self.handlers.borrow_mut().insert(number, handler);
        number
    }

    /// Runs all that is ready; says how many calls were begun. Those that wait are begun in the order in which they came.
    pub(crate) fn turn(&self) -> usize {
        self.sweep();
        let mut begun = 0;
        while begun < MOST {
            let before = begun;
            while let Some(job) = (begun < MOST).then(|| self.link.pop()).flatten() {
                begun += 1;
                self.begin(job);
            }
            self.go_on();
            if begun == before {
                return begun;
            }
        }
        // There may be more, which whoever drives this comes back for.
        self.link.wakers.wake_all();
        begun
    }

    /// How many handlers are kept.
    pub(crate) fn len(&self) -> usize {
        self.handlers.borrow().len()
    }

    /// Drops the handlers that nobody can call any more.
    fn sweep(&self) {
        for number in self.link.come() {
            let handler = { self.handlers.borrow_mut().remove(&number) };
            let_go(handler);
        }
    }

    fn begin(&self, Job { handler, begin, end }: Job) {
        match catch_unwind(AssertUnwindSafe(|| self.call(handler, begin))) {
            Ok(Some(Begun::Through(replies))) => let_go(end.send(Ok(replies))),
            Ok(Some(Begun::UnderWay(call))) => self.see_to(call, end),
            // The end is dropped, which tells that it has gone.
            Ok(None) => {}
            Err(panic) => let_go(end.send(Err(panic))),
        }
    }

    /// Calls a handler, unless it has gone. If it panics, so does this.
    pub(crate) fn call(&self, handler: u64, begin: Begin) -> Option<Begun> {
        self.sweep();
        let handler = { self.handlers.borrow().get(&handler).map(Rc::clone) };
        // It may go while it runs, and this be the last of it.
        let handler = LetGo(Some(handler?));
        handler.0.as_ref().map(|handler| begin(&**handler))
    }

    /// Sees to it that a call under way gets its turns.
    pub(crate) fn see_to(&self, call: LocalBoxFuture<'static, Replies>, end: End) {
        self.under_way.borrow().push(Box::pin(see_through(call, end)));
    }

    /// Gives the calls under way that were woken their turns.
    fn go_on(&self) {
        if self.under_way.borrow().is_empty() {
            return;
        }
        let waker = Waker::from(Arc::clone(&self.link.wakers));
        let mut cx = Context::from_waker(&waker);
        // One of them may take a turn of its own, in which others begin.
        let mut under_way = { mem::take(&mut *self.under_way.borrow_mut()) };
        loop {
            while let Poll::Ready(Some(())) = under_way.poll_next_unpin(&mut cx) {}
            let more = { mem::take(&mut *self.under_way.borrow_mut()) };
            if more.is_empty() {
                break;
            }
            under_way.extend(more);
        }
        *self.under_way.borrow_mut() = under_way;
    }

    /// Ends everything: calls that wait or are under way fail, and so do all that come.
    pub(crate) fn close(&self) {
        self.link.close();
        let under_way = { mem::take(&mut *self.under_way.borrow_mut()) };
        under_way.into_iter().for_each(let_go);
        let handlers = { mem::take(&mut *self.handlers.borrow_mut()) };
        handlers.into_values().for_each(let_go);
    }
}

/// Lets go of what it holds when it is dropped.
struct LetGo(Option<Rc<dyn Any>>);

impl Drop for LetGo {
    fn drop(&mut self) {
        let_go(self.0.take());
    }
}

/// Sees a call through, and tells its end. It is dropped, at a point where it waits, when nobody wants to know any more.
async fn see_through(call: LocalBoxFuture<'static, Replies>, mut end: End) {
    let mut call = Some(call);
    let ended = std::future::poll_fn(|cx| {
        if end.poll_closed(cx).is_ready() {
            return Poll::Ready(None);
        }
        let Some(call) = &mut call else { return Poll::Ready(None) };
        // A future that has panicked is not polled again.
        match catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx))) {
            Ok(polled) => Poll::Ready(Some(Ok(ready!(polled)))),
            Err(panic) => Poll::Ready(Some(Err(panic))),
        }
    })
    .await;
    let_go(call.take());
    if let Some(ended) = ended {
        let_go(end.send(ended));
    }
}
