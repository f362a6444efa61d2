//! Calling handlers, one after the other.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use oscine_codec::ReadError;

use crate::address_space::contents::Method;
use crate::dispatch::ending::{Ending, first_turn, see_through};
use crate::dispatch::overlap::{self, Overlap};
use crate::dispatch::reached::{Reached, Take};
use crate::handler::call::Call;
use crate::handler::callable::{Answer, Outcome, Running};
use crate::handler::job::Job;
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
    pub(crate) timeouts: usize,
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
    pub(crate) fn new(job: &'a Job<'a>, answer: &'t mut Answer, tally: &'t mut Tally) -> Self {
        let outlet = &**job.context.outlet;
        Self { call: Call::new(job), outlet, answer, tally }
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
    pub(crate) async fn finish(&mut self, method: &Method, running: Running) {
        let ending = see_through(running, self.outlet.handler_timeout()).await;
        self.ended(method, ending);
    }

    /// Gives an async handler its first turn; if it is not through then, `overlap` sees it through while other
    /// messages go on.
    pub(crate) async fn start(&mut self, overlap: Overlap, method: &Method, running: Running) {
        match first_turn(running).await {
            Ok(ending) => self.ended(method, ending),
            Err(running) => {
                self.outlet.spawn(Box::pin(overlap.run(running)));
                self.tally.calls += 1;
                self.tally.taken = true;
            }
        }
    }

    fn ended(&mut self, method: &Method, ending: Ending) {
        match ending {
            Ending::Through(running, replies) => {
                method.recycle(running);
                self.answer.replies = replies;
                self.called();
            }
            Ending::Panicked => self.panicked(),
            Ending::TimedOut => {
                overlap::timed_out(self.outlet, self.call.peer(), self.address());
                self.failed();
                self.tally.timeouts += 1;
            }
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
        let replies = mem::take(&mut self.answer.replies);
        self.tally.taken |= !replies.next;
        if overlap::reply(self.outlet, self.call.peer(), self.address(), replies) {
            self.tally.errors += 1;
            self.tally.faults += 1;
        }
    }

    /// Notes that a handler panicked.
    #[cold]
    fn panicked(&mut self) {
        overlap::panicked(self.outlet, self.call.peer(), self.address());
        self.failed();
        self.tally.panics += 1;
    }

    /// Notes that a call has come to no good end.
    fn failed(&mut self) {
        *self.answer = Answer::default();
        self.tally.calls += 1;
        self.tally.faults += 1;
        self.tally.taken = true;
    }

    fn address(&self) -> &'a str {
        self.call.job.message.address()
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
        let args = run.call.job.message.args();
        for (method, registered) in handlers {
            if first_match && run.tally.taken {
                break;
            }
            run.tally.next += 1;
            run.call.aim(registered, args);
            match method.call(&mut run.call, run.answer) {
                Outcome::Done => run.called(),
                Outcome::Running => return run.answer.running.take(),
                Outcome::Misfit => run.misfit(),
            }
        }
        None
    }
}
