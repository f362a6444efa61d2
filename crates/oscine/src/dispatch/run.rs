//! Calling handlers, one after the other.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::FutureExt;
use oscine_codec::ReadError;
use tracing::{debug, error, warn};

use crate::address_space::contents::Method;
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
    pub(crate) unmatched: bool,
    pub(crate) bad_pattern: bool,
    /// Why the last handler that did not fit did not.
    pub(crate) misfit: Option<ReadError>,
    /// A handler has taken the message for itself.
    pub(crate) taken: bool,
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
            match catch_unwind(AssertUnwindSafe(|| {
                reached.hand_over(self.tally.next, Calls { run: self, first_match })
            })) {
                Ok(running) => return running,
                Err(_) => panicked(self.call.job, self.answer, self.tally),
            }
        }
    }

    /// Sees an async handler through. Whatever it does, it comes back here.
    pub(crate) async fn finish(&mut self, method: &Method, mut running: Running) {
        let Self { call, answer, tally } = self;
        match AssertUnwindSafe(running.get_pin()).catch_unwind().await {
            Ok(replies) => {
                method.recycle(running);
                answer.replies = replies;
                called(call.job, answer, tally);
            }
            Err(_) => panicked(call.job, answer, tally),
        }
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
        let Run { call, answer, tally } = self.run;
        let job = call.job;
        let args = job.message.args();
        for (method, registered) in handlers {
            if self.first_match && tally.taken {
                break;
            }
            tally.next += 1;
            call.aim(registered, args);
            match method.call(call, answer) {
                Outcome::Done => called(job, answer, tally),
                Outcome::Running => return answer.running.take(),
                Outcome::Misfit => {
                    tally.misfits += 1;
                    tally.misfit = answer.misfit.take();
                }
            }
        }
        None
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
    let (message, Context { peer, outlet, .. }) = (job.message, job.context);
    let replies = mem::take(&mut answer.replies);
    tally.taken |= !replies.next;
    if let Some(error) = replies.error {
        tally.errors += 1;
        tally.faults += 1;
        warn!(%peer, %message, %error, "handler failed");
    }
    for packet in replies.packets {
        if let Err(error) = outlet.send(peer, packet) {
            debug!(%peer, %error, "reply not sent");
        }
    }
}

/// Notes that a handler panicked.
#[cold]
fn panicked(job: &Job<'_>, answer: &mut Answer, tally: &mut Tally) {
    // The panic hook has told what it was; this tells where it came from.
    error!(peer = %job.context.peer, message = %job.message, "handler panicked");
    *answer = Answer::default();
    tally.panics += 1;
    tally.faults += 1;
    tally.taken = true;
}
