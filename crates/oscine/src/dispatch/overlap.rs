//! Async handlers that run while other messages go on.

use std::sync::Arc;

use futures::future::BoxFuture;
use oscine_transport::guard::guarded;
use tokio::sync::OwnedSemaphorePermit;

use crate::address_space::contents::Method;
use crate::dispatch::ending::{Ending, see_through};
use crate::fault::Fault;
use crate::fault_log::quietly;
use crate::handler::callable::Running;
use crate::handler::into_reply::Replies;
use crate::handler::job::Job;
use crate::handler::outlet::Outlet;
use crate::peer::Peer;

/// A call under way that nobody waits for, and what it needs to end well.
pub(crate) struct Overlap {
    method: Method,
    peer: Peer,
    address: String,
    outlet: Arc<dyn Outlet>,
    /// Given back when the call has ended.
    _slot: OwnedSemaphorePermit,
}

impl Overlap {
    pub(crate) fn new(method: &Method, job: &Job<'_>, slot: OwnedSemaphorePermit) -> Self {
        Self {
            method: Arc::clone(method),
            peer: job.context.peer.clone(),
            address: job.message.address().to_owned(),
            outlet: Arc::clone(job.context.outlet),
            _slot: slot,
        }
    }

    /// Sees the call through and sends what it replies.
    pub(crate) async fn run(self, running: Running) {
        match see_through(running, self.outlet.handler_timeout()).await {
            Ending::Through(running, replies) => {
                self.method.recycle(running);
                reply(&*self.outlet, &self.peer, &self.address, replies);
            }
            Ending::Panicked => panicked(&*self.outlet, &self.peer, &self.address),
            Ending::TimedOut => timed_out(&*self.outlet, &self.peer, &self.address),
        }
    }
}

/// Sees a call through where there is no server that would know of it.
pub(crate) fn run_beside(call: BoxFuture<'static, ()>) {
    tokio::spawn(call);
}

/// Sends what a handler replies, and tells its error; says whether there was one.
pub(crate) fn reply(outlet: &dyn Outlet, peer: &Peer, address: &str, replies: Replies) -> bool {
    let failed = replies.error.is_some();
    if let Some(error) = replies.error {
        // How an error is written, and what it does when it is dropped, is the program's, and may panic.
        let tell = move || {
            quietly!(WARN, outlet, HandlerFailed at address, %peer, address, %error, "handler failed");
            outlet.fault(&Fault::HandlerFailed { peer, address, error: &*error });
        };
        if guarded(tell).is_none() {
            panicked(outlet, peer, address);
        }
    }
    for packet in replies.packets {
        if let Err(error) = outlet.send(peer, packet) {
            quietly!(DEBUG, outlet, NotReplied, %peer, %error, "reply not sent");
        }
    }
    failed
}

/// Tells that a handler panicked.
pub(crate) fn panicked(outlet: &dyn Outlet, peer: &Peer, address: &str) {
    // The panic hook has told what it was; this tells where it came from.
    quietly!(ERROR, outlet, HandlerPanicked at address, %peer, address, "handler panicked");
    outlet.fault(&Fault::HandlerPanicked { peer, address });
}

/// Tells that a handler took longer than it may.
pub(crate) fn timed_out(outlet: &dyn Outlet, peer: &Peer, address: &str) {
    quietly!(WARN, outlet, HandlerTimedOut at address, %peer, address, "handler took too long");
    outlet.fault(&Fault::HandlerTimedOut { peer, address });
}
