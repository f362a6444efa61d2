//! Calling handlers, one after the other.

use std::mem;
use std::ops::ControlFlow;

use oscine_codec::ReadError;
use oscine_transport::guard::guarded;

use crate::address_space::contents::Method;
use crate::dispatch::ending::{Ending, first_turn, see_through};
use crate::dispatch::overlap::{self, Overlap};
use crate::dispatch::reached::{Reached, Take};
use crate::handler::call::Call;
use crate::handler::callable::{Answer, Outcome, Running};
use crate::handler::job::{Context, Job};
use crate::handler::registered::Registered;

/// The calls of one message's handlers.
pub(crate) struct Run<'a, 't> {
    call: Call<'a>,
    /// What the handler that is called leaves behind; nothing between calls.
    answer: &'t mut Answer,
    tally: &'t mut Tally,
}

/// What has come of the calls so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The number of the handler to call next.
    pub(crate) next: usize,
    /// How many of those before it were not called, as they want other arguments.
    pub(crate) misfits: usize,
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
    /// The message goes elsewhere if nothing here takes it, so that it is not told as missed.
    pub(crate) offered: bool,
}

impl Tally {
    /// How many handlers were called, those that panicked among them.
    pub(crate) const fn calls(&self) -> usize {
        self.next - self.misfits
    }
}

impl<'a, 't> Run<'a, 't> {
    #[inline]
    pub(crate) fn new(job: &'a Job<'a>, answer: &'t mut Answer, tally: &'t mut Tally) -> Self {
        Self { call: Call::new(job), answer, tally }
    }

    /// Calls handlers up to the first that is async and under way: that is handed back, to be
    /// [finished](Self::finish).
    pub(crate) fn go_on(&mut self, reached: &'a Reached<'_>, first_match: bool) -> Option<Running> {
        loop {
            // A handler that panics leaves behind what is its own, a cursor that is set anew for the next one, and
            // replies that are dropped.
            match guarded(|| reached.hand_over(self.tally.next, Calls { run: self, first_match })) {
                Some(called) => return called.break_value().flatten(),
                None => panicked(self.call.job, self.answer, self.tally),
            }
        }
    }

    /// Sees an async handler through. Whatever it does, it comes back here.
    pub(crate) async fn finish(&mut self, method: &Method, running: Running) {
        let limit = self.call.job.context.outlet.handler_timeout();
        self.ended(method, see_through(running, limit).await);
    }

    /// Gives an async handler its first turn; if it is not through then, `overlap` sees it through while other
    /// messages go on.
    pub(crate) async fn start(&mut self, overlap: Overlap, method: &Method, running: Running) {
        match first_turn(running).await {
            Ok(ending) => self.ended(method, ending),
            Err(running) => {
                let Context { peer, outlet, .. } = self.call.job.context;
                outlet.run_beside(peer, Box::pin(overlap.run(running)));
                self.tally.taken = true;
            }
        }
    }

    fn ended(&mut self, method: &Method, ending: Ending) {
        let Self { call, answer, tally } = self;
        match ending {
            Ending::Through(running, replies) => {
                method.recycle(running);
                answer.replies = replies;
                called(call.job, answer, tally);
            }
            Ending::Panicked => panicked(call.job, answer, tally),
            Ending::TimedOut => timed_out(call.job, answer, tally),
        }
    }
}

/// Calls what it takes.
struct Calls<'r, 'a, 't> {
    run: &'r mut Run<'a, 't>,
    first_match: bool,
}

impl<'a> Take<'a> for Calls<'_, 'a, '_> {
    /// The handler that is async and under way; none where no more are to be called.
    type Broken = Option<Running>;

    #[inline(always)]
    fn take(
        &mut self,
        handlers: impl Iterator<Item = (&'a Method, Registered<'a>)>,
    ) -> ControlFlow<Self::Broken> {
        let Run { call, answer, tally } = &mut *self.run;
        let job = call.job;
        let args = job.message.args();
        for (method, registered) in handlers {
            if self.first_match && tally.taken {
                return ControlFlow::Break(None);
            }
            tally.next += 1;
            call.aim(registered, args);
            match method.call(call, answer) {
                Outcome::Done => called(job, answer, tally),
                Outcome::Running => return ControlFlow::Break(answer.running.take()),
                Outcome::Misfit => {
                    tally.misfits += 1;
                    tally.misfit = answer.misfit.take();
                }
            }
        }
        ControlFlow::Continue(())
    }
}

/// Sends what a handler replies.
#[inline(always)]
fn called(job: &Job<'_>, answer: &mut Answer, tally: &mut Tally) {
    if answer.replies.is_empty() {
        tally.taken = true;
    } else {
        reply(job, answer, tally);
    }
}

#[cold]
fn reply(job: &Job<'_>, answer: &mut Answer, tally: &mut Tally) {
    let Context { peer, outlet, .. } = job.context;
    let replies = mem::take(&mut answer.replies);
    tally.taken |= !replies.next;
    if overlap::reply(&**outlet, peer, job.message.address(), replies) {
        tally.errors += 1;
        tally.faults += 1;
    }
}

/// Notes that a handler panicked.
#[cold]
fn panicked(job: &Job<'_>, answer: &mut Answer, tally: &mut Tally) {
    let Context { peer, outlet, .. } = job.context;
    overlap::panicked(&**outlet, peer, job.message.address());
    tally.panics += 1;
    failed(answer, tally);
}

/// Notes that a handler took longer than it may.
#[cold]
fn timed_out(job: &Job<'_>, answer: &mut Answer, tally: &mut Tally) {
    let Context { peer, outlet, .. } = job.context;
    overlap::timed_out(&**outlet, peer, job.message.address());
    tally.timeouts += 1;
    failed(answer, tally);
}

fn failed(answer: &mut Answer, tally: &mut Tally) {
    *answer = Answer::default();
    tally.faults += 1;
    tally.taken = true;
}
