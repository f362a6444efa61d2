//! Calling handlers, one after the other.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;
use oscine_codec::ReadError;
use tracing::{debug, error, warn};

use crate::address_space::contents::Method;
use crate::dispatch::job::Job;
use crate::dispatch::reached::{Reached, Take};
use crate::fault::Fault;
use crate::handler::call::Call;
use crate::handler::callable::{Answer, Outcome, Running};
use crate::handler::outlet::Outlet;
use crate::handler::registered::Registered;

/// The calls of one message's handlers.
pub(crate) struct Run<'a, 't> {
    call: Call<'a>,
    outlet: &'a dyn Outlet,
    /// What the handler that is called leaves behind; nothing between calls.
    answer: &'t mut Answer,
    tally: &'t mut Tally,
}

/// What has come of the calls so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) calls: usize,
    /// How much has happened that seldom happens.
    pub(crate) faults: usize,
    pub(crate) errors: usize,
    pub(crate) panics: usize,
    pub(crate) unmatched: bool,
    pub(crate) bad_pattern: bool,
    /// Why the last handler that did not fit did not.
    pub(crate) misfit: Option<ReadError>,
    /// A handler has taken the message for itself.
    pub(crate) taken: bool,
    /// The number of the handler to call next.
    pub(crate) next: usize,
}

impl<'a, 't> Run<'a, 't> {
    #[inline]
    pub(crate) fn new(job: &Job<'a>, answer: &'t mut Answer, tally: &'t mut Tally) -> Self {
        let outlet = &**job.context.outlet;
        Self { call: job.call(), outlet, answer, tally }
    }

    /// Calls handlers up to the first that is async and under way: that is handed back, to be
    /// [finished](Self::finish).
    pub(crate) fn go_on(&mut self, reached: &'a Reached<'_>, first_match: bool) -> Option<Running> {
        loop {
            // A handler that panics leaves behind what is its own, a cursor that is set anew for the next one, and
            // replies that are dropped.
            match catch_unwind(AssertUnwindSafe(|| {
                reached.hand_over(self.tally.next, Calls { run: self, first_match })
            })) {
                Ok(running) => return running,
                Err(_) => self.panicked(),
            }
        }
    }

    /// Sees an async handler through. Whatever it does, it comes back here.
    pub(crate) async fn finish(&mut self, method: &Method, mut running: Running) {
        match AssertUnwindSafe(running.get_pin()).catch_unwind().await {
            Ok(replies) => {
                method.recycle(running);
                self.answer.replies = replies;
                self.called();
            }
            Err(_) => self.panicked(),
        }
    }

    /// Counts a call and sends what the handler replies.
    #[inline]
    fn called(&mut self) {
        self.tally.calls += 1;
        if self.answer.replies.is_empty() {
            self.tally.taken = true;
        } else {
            self.reply();
        }
    }

    #[cold]
    fn misfit(&mut self) {
        self.tally.misfit = self.answer.misfit.take();
    }

    #[cold]
    fn reply(&mut self) {
        let (peer, message) = (self.call.context.peer, self.call.message);
        let replies = mem::take(&mut self.answer.replies);
        self.tally.taken |= !replies.next;
        if let Some(error) = replies.error {
            self.tally.errors += 1;
            self.tally.faults += 1;
            warn!(%peer, %message, %error, "handler failed");
            let (address, error) = (message.address(), &*error);
            self.outlet.fault(&Fault::HandlerFailed { peer, address, error });
        }
        for packet in replies.packets {
            if let Err(error) = self.outlet.send(peer, packet) {
                debug!(%peer, %error, "reply not sent");
            }
        }
    }

    /// Notes that a handler panicked.
    #[cold]
    fn panicked(&mut self) {
        // The panic hook has told what it was; this tells where it came from.
        error!(peer = %self.call.context.peer, message = %self.call.message, "handler panicked");
        let (peer, address) = (self.call.context.peer, self.call.message.address());
        self.outlet.fault(&Fault::HandlerPanicked { peer, address });
        *self.answer = Answer::default();
        self.tally.calls += 1;
        self.tally.panics += 1;
        self.tally.faults += 1;
        self.tally.taken = true;
    }
}

/// Calls what it takes.
struct Calls<'r, 'a, 't> {
    run: &'r mut Run<'a, 't>,
    first_match: bool,
}

impl<'a> Take<'a> for Calls<'_, 'a, '_> {
    /// The handler that is async and under way.
    type Output = Option<Running>;

    #[inline(always)]
    fn take(self, handlers: impl Iterator<Item = (&'a Method, Registered<'a>)>) -> Self::Output {
        let (run, first_match) = (self.run, self.first_match);
        for (method, registered) in handlers {
            if first_match && run.tally.taken {
                break;
            }
            run.tally.next += 1;
            run.call.aim(registered);
            match method.call(&mut run.call, run.answer) {
                Outcome::Done => run.called(),
                Outcome::Running => return run.answer.running.take(),
                Outcome::Misfit => run.misfit(),
            }
        }
        None
    }
}
