//! One place that is read for all who wait.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use futures::{FutureExt, Stream};
use oscine_codec::{Message, Packet, Pattern};
use oscine_transport::reconnect::{State, States};
use oscine_transport::{SendError, StreamError};
use tracing::debug;

use crate::client::backlog::Backlog;
use crate::client::entered::{Entered, Inside};
use crate::client::error::{ClientError, RequestError};
use crate::client::inlet::{Inlet, Item};
use crate::client::requests::{MOST_REQUESTS, Requests};
use crate::wakers::Wakers;

/// One place that is read for all who wait: whoever is polled reads, for itself and the others.
///
/// There are the reader, which gets what nobody asked for, and requests of any task. No task of its
/// own is needed, and a request has its reply whether the stream is read or not.
///
/// What is read from calls hooks while it is polled. They may use the client, so nothing else is
/// locked then.
#[derive(Debug)]
pub(crate) struct Hub {
    /// `None` when nothing more comes. Entered before `state` is locked.
    inlet: Entered<Option<Inlet>>,
    reconnects: bool,
    state: Mutex<Reading>,
    wakers: Arc<Wakers>,
    /// `wakers`, as what is read from sees them.
    waker: Waker,
}

#[derive(Debug)]
struct Reading {
    /// Nothing more is to be read.
    closed: bool,
    requests: Requests,
    /// What requests read, and is for the reader.
    backlog: Backlog,
    /// What broke the connection, if something did.
    fault: Option<Arc<StreamError>>,
}

/// A request in line; it leaves the line when this is dropped.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    hub: &'a Hub,
    request: u64,
}

impl Hub {
    pub(crate) fn new(inlet: Inlet) -> Self {
        let wakers = Arc::new(Wakers::default());
        let waker = Waker::from(Arc::clone(&wakers));
        let reconnects = matches!(inlet, Inlet::Reconnecting(_));
        let reading = Reading {
            closed: false,
            requests: Requests::default(),
            backlog: Backlog::default(),
            fault: None,
        };
        let (inlet, state) = (Entered::new(Some(inlet)), Mutex::new(reading));
        Self { inlet, reconnects, state, wakers, waker }
    }

    /// Polls for what nobody asked for. There is one reader.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        // For a hook there is nothing: the reader that calls it is here.
        let Some(mut inlet) = self.inlet.enter() else { return Poll::Pending };
        loop {
            if let Some(item) = self.reading().backlog.pop() {
                return Poll::Ready(Some(item));
            }
            let Poll::Ready(item) = self.poll_inlet(&mut inlet, READER, cx.waker()) else {
                // What a request has left there in between has not woken this one.
                let left = self.reading().backlog.pop();
                return left.map_or(Poll::Pending, |item| Poll::Ready(Some(item)));
            };
            let mut reading = self.reading();
            if !reading.requests.is_empty() {
                if let Some(Ok(packet)) = &item {
                    if self.answer(&mut reading, packet) {
                        continue;
                    }
                }
                self.wakers.wake_others(READER);
            }
            return Poll::Ready(item);
        }
    }

    /// Puts a request in line, before it is sent.
    pub(crate) fn expect(&self, pattern: Pattern) -> Result<Expected<'_>, RequestError> {
        let request = self.reading().requests.add(pattern);
        let request = request.ok_or(RequestError::TooMany { limit: MOST_REQUESTS })?;
        Ok(Expected { hub: self, request })
    }

    /// How a client that reconnects stands.
    pub(crate) fn state(&self) -> Option<State> {
        match &*self.reconnecting()? {
            Some(Inlet::Reconnecting(client)) => Some(client.state()),
            Some(_) => None,
            None => Some(State::Closed),
        }
    }

    /// How a client that reconnects stands, now and whenever that changes.
    pub(crate) fn states(&self) -> Option<States> {
        match &*self.reconnecting()? {
            Some(Inlet::Reconnecting(client)) => Some(client.states()),
            _ => None,
        }
    }

    /// Begins to close a client that reconnects; its states tell when that is done.
    pub(crate) fn begin_close(&self) -> Option<States> {
        match &*self.reconnecting()? {
            Some(Inlet::Reconnecting(client)) => {
                // The first poll begins it, and who waits is woken by the states.
                let _ = client.close().now_or_never();
                Some(client.states())
            }
            _ => None,
        }
    }

    /// Where a client that reconnects is read. Its hooks run elsewhere.
    fn reconnecting(&self) -> Option<Inside<'_, Option<Inlet>>> {
        self.reconnects.then(|| self.inlet.enter()).flatten()
    }

    /// Reads no more; what has been read already is still there.
    pub(crate) fn close(&self) {
        // If it is a hook that closes, whoever calls it lets go.
        self.reading().closed = true;
        let inlet = self.inlet.enter().and_then(|mut inlet| inlet.take());
        drop(inlet);
        self.wakers.wake_all();
    }

    pub(crate) fn missed(&self) -> u64 {
        self.reading().backlog.missed()
    }

    pub(crate) fn fault(&self) -> Option<Arc<StreamError>> {
        self.reading().fault.clone()
    }

    fn poll_reply(
        &self,
        request: u64,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, RequestError>> {
        let Some(mut inlet) = self.inlet.enter() else {
            return Poll::Ready(Err(ClientError::from(SendError::InHook).into()));
        };
        loop {
            let reply = self.reading().requests.reply(request);
            if let Some(reply) = reply {
                // There may be more to read, and the others have to do that now.
                self.wakers.wake_others(request);
                return Poll::Ready(Ok(reply));
            }
            match ready!(self.poll_inlet(&mut inlet, request, cx.waker())) {
                None => return Poll::Ready(Err(RequestError::Closed)),
                Some(item) => {
                    let mut reading = self.reading();
                    let answers = |packet| self.answer(&mut reading, packet);
                    if !item.as_ref().is_ok_and(answers) {
                        reading.backlog.push(item);
                        self.wakers.wake_one(READER);
                    }
                }
            }
        }
    }

    /// Polls for whatever comes next, in the name of all; `who` waits if there is nothing.
    ///
    /// So long as somebody waits, either what is read from knows the waker of all, or those who wait
    /// have been woken: whoever takes something and leaves [wakes the others](Wakers::wake_others).
    fn poll_inlet(&self, inlet: &mut Option<Inlet>, who: u64, waker: &Waker) -> Poll<Option<Item>> {
        // Who does not have to wait need not be known.
        if let Poll::Ready(item) = self.poll_once(inlet) {
            return Poll::Ready(item);
        }
        self.wakers.register(who, waker);
        // What came in between has not woken this one.
        self.poll_once(inlet)
    }

    fn poll_once(&self, inlet: &mut Option<Inlet>) -> Poll<Option<Item>> {
        let Some(open) = inlet else { return Poll::Ready(None) };
        let mut cx = Context::from_waker(&self.waker);
        let polled = Pin::new(open).poll_next(&mut cx);
        let mut reading = self.reading();
        let item = match polled {
            Poll::Pending if !reading.closed => return Poll::Pending,
            Poll::Ready(Some(Ok(item))) if !reading.closed => {
                return Poll::Ready(Some(item));
            }
            Poll::Ready(Some(Ok(item))) => Some(item),
            Poll::Ready(Some(Err(error))) => {
                debug!(%error, "connection broken");
                reading.fault = Some(Arc::new(error));
                None
            }
            Poll::Ready(None) | Poll::Pending => None,
        };
        drop(reading);
        *inlet = None;
        self.wakers.wake_all();
        Poll::Ready(item)
    }

    /// Whether a packet was an answer and nothing but that: a bundle has more to say.
    fn answer(&self, reading: &mut Reading, packet: &Packet) -> bool {
        let answered = reading.requests.answer(packet, |request| self.wakers.wake_one(request));
        answered && matches!(packet, Packet::Message(_))
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Expected<'_> {
    /// Waits for the reply. Cancel safe.
    pub(crate) async fn reply(&self) -> Result<Message, RequestError> {
        std::future::poll_fn(|cx| self.hub.poll_reply(self.request, cx)).await
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let mut reading = self.hub.reading();
        if let Some(late) = reading.requests.remove(self.request) {
            // It came when nobody waited any more, and is not lost.
            reading.backlog.push(Ok(late.into()));
            self.hub.wakers.wake_one(READER);
        }
        self.hub.wakers.forget(self.request);
    }
}

/// By what the wakers know the reader. Requests are counted from 1.
const READER: u64 = 0;
