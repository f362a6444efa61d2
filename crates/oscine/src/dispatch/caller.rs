//! From a message to the handlers that it reaches.

use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use oscine_codec::{
    Address, AddressError, DecodeOptions, EncodeError, Message, MessageRef, Packet, Tolerances,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::address_space::address_space::AddressSpace;
use crate::address_space::options::Options;
use crate::dispatch::cache::Cache;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::let_go::let_go;
use crate::dispatch::overlap::Overlap;
use crate::dispatch::reached::{Kept, Reached};
use crate::dispatch::run::{Run, Tally};
use crate::dispatch::view::View;
use crate::fault::Fault;
use crate::fault_log::quietly;
use crate::handler::callable::{Answer, Running};
use crate::handler::hold::Hold;
use crate::handler::job::{Context, Job};
use crate::handler::send_error::SendError;

/// Runs messages: finds the handlers that they reach, and calls them.
pub(crate) struct Caller {
    pub(crate) space: AddressSpace,
    view: View,
    cache: Cache,
    /// Lent to one call after the other; nothing between calls.
    answer: Answer,
    /// Whether messages go elsewhere if nothing here takes them.
    offered: bool,
}

/// A message one of whose handlers is under way.
pub(crate) struct Waiting {
    kept: Kept,
    running: Running,
    first_match: bool,
    options: Options,
    tally: Tally,
}

impl Caller {
    pub(crate) fn new(space: AddressSpace) -> Self {
        let (view, cache, answer) = (View::default(), Cache::default(), Answer::default());
        Self { space, view, cache, answer, offered: false }
    }

    /// A caller for messages that go elsewhere if nothing here takes them: those leave no trace but the calls of handlers
    /// that leave them to the next.
    pub(crate) fn offered(space: AddressSpace) -> Self {
        Self { offered: true, ..Self::new(space) }
    }

    /// Runs one message: every handler that it reaches, in the order of registration. Adds what came of it to
    /// `dispatched`.
    #[inline]
    pub(crate) async fn message(&mut self, job: &Job<'_>, dispatched: &mut Dispatched) {
        if let Some(waiting) = self.begin(job, dispatched) {
            self.wait(job, waiting, dispatched).await;
        }
    }

    /// Lets go of what is registered, and forgets what addresses reached if that has changed: what is taken back must
    /// not live on in here. To be called when the next message may be long in coming.
    pub(crate) fn rest(&mut self) {
        self.view.let_go();
        self.forget_old();
    }

    /// As [`rest`](Self::rest), if there has been a change; else what is held is held for the next message.
    #[inline]
    pub(crate) fn pause(&mut self) {
        if self.view.is_old(&self.space.shared) {
            self.rest();
        }
    }

    /// Finds the handlers of a message and calls none: what it takes to find them is in the caches of the processor then.
    pub(crate) fn rehearse(&mut self, message: &MessageRef<'_>) {
        let Self { space, view, cache, .. } = self;
        let contents = view.get(&space.shared, |generation| cache.renew(generation));
        black_box(Reached::find(contents, cache, message)).let_go();
    }

    /// Waits until the time of a message that has begun before it. Its handlers are looked up before and after that:
    /// what is removed meanwhile is not called.
    #[cold]
    fn hold_back(&mut self, job: &Job<'_>, hold: &Hold) {
        self.rehearse(job.message);
        hold.wait();
    }

    #[cold]
    fn forget_old(&mut self) {
        let contents = self.space.contents();
        self.cache.renew_all(contents.generation, |now| contents.mounted_generations(now));
        // What was forgotten may have changed the address space, and then nobody else holds this any more.
        let_go(contents);
    }

    /// Calls the handlers up to the first that is async and under way.
    ///
    /// No reference is counted on the way: what is registered is held all at once.
    pub(crate) fn begin(&mut self, job: &Job<'_>, dispatched: &mut Dispatched) -> Option<Waiting> {
        dispatched.messages += 1;
        // Once: the messages behind the first of a bundle do not wait any more.
        if let Some(hold) = job.context.hold.filter(|hold| !hold.is_over()) {
            self.hold_back(job, hold);
        }
        let Self { space, view, cache, answer, offered } = self;
        let contents = view.get(&space.shared, |generation| cache.renew(generation));
        let options = contents.options;
        let reached = Reached::find(contents, cache, job.message);
        reached.observe(contents, job);
        // A message with a pattern calls all.
        let first_match = options.first_match && !reached.is_by_pattern(job.message);

        let mut tally = Tally { offered: *offered, ..Tally::default() };
        if let Reached::Nothing(_, broken) = &reached {
            missed(job, broken.as_ref(), &mut tally);
        }
        match Run::new(job, answer, &mut tally).go_on(&reached, first_match) {
            None => {
                end(space, job, options, &tally, dispatched);
                reached.let_go();
                None
            }
            Some(running) => {
                Some(Waiting { kept: reached.keep(), running, first_match, options, tally })
            }
        }
    }

    /// Sees an async handler through, and calls those that come after it.
    pub(crate) async fn wait(
        &mut self,
        job: &Job<'_>,
        waiting: Waiting,
        dispatched: &mut Dispatched,
    ) {
        let Waiting { kept, running, first_match, options, mut tally } = waiting;
        {
            let reached = kept.reached();
            let mut next = Some(running);
            while let Some(running) = next {
                // The one before the next is the one under way.
                let under_way = tally.next.checked_sub(1);
                let mut run = Run::new(job, &mut self.answer, &mut tally);
                if let Some((method, _)) = under_way.and_then(|number| reached.handler(number)) {
                    let slots = method.slots().or_else(|| job.context.outlet.slots());
                    if let Some(slots) = slots {
                        if let Some(slot) = free(slots, &mut self.view).await {
                            run.start(Overlap::new(method, job, slot), method, running).await;
                        }
                        next = run.go_on(&reached, first_match);
                        continue;
                    }
                    let mut finishing = pin!(run.finish(method, running));
                    let polled = poll_fn(|cx| Poll::Ready(finishing.as_mut().poll(cx)));
                    if polled.await.is_pending() {
                        // This may take long, and what is taken back meanwhile is not to wait for it.
                        self.view.let_go();
                        finishing.await;
                    }
                }
                next = run.go_on(&reached, first_match);
            }
        }
        let_go(kept);
        end(&self.space, job, options, &tally, dispatched);
    }
}

/// Waits for a free slot; `None` if there will be none, as nobody closes them.
async fn free(slots: &Arc<Semaphore>, view: &mut View) -> Option<OwnedSemaphorePermit> {
    match Arc::clone(slots).try_acquire_owned() {
        Ok(slot) => Some(slot),
        Err(_) => {
            // This may take long, and what is taken back meanwhile is not to wait for it.
            view.let_go();
            Arc::clone(slots).acquire_owned().await.ok()
        }
    }
}

/// Adds up what came of a message, when all handlers are through.
#[inline]
fn end(
    space: &AddressSpace,
    job: &Job<'_>,
    options: Options,
    tally: &Tally,
    dispatched: &mut Dispatched,
) {
    dispatched.calls += tally.calls();
    dispatched.taken |= tally.taken;
    if tally.calls() == 0 || tally.faults > 0 {
        unusual(space, job, options, tally, dispatched);
    }
}

/// Adds up what seldom happens, and answers a message that no handler was called for, if it is to be answered.
#[cold]
fn unusual(
    space: &AddressSpace,
    job: &Job<'_>,
    options: Options,
    tally: &Tally,
    dispatched: &mut Dispatched,
) {
    let message = job.message;
    dispatched.errors += tally.errors;
    dispatched.panics += tally.panics;
    dispatched.timeouts += tally.timeouts;
    if tally.offered && !tally.taken {
        return;
    }
    dispatched.unmatched += usize::from(tally.unmatched);
    dispatched.bad_patterns += usize::from(tally.bad_pattern);
    if options.list_replies && tally.unmatched && message.address().ends_with('/') {
        list(space, job);
    }
    if let (0, Some(error)) = (tally.calls(), &tally.misfit) {
        dispatched.misfits += 1;
        let Context { peer, outlet, .. } = job.context;
        quietly!(DEBUG, outlet, Misfit, %peer, %message, %error, "no handler takes these arguments");
        outlet.fault(&Fault::Misfit { peer, address: message.address(), error });
        if options.error_replies {
            let reason = error.to_string();
            send(job, Message::new("/error", (message.address(), reason.as_str())));
        }
    }
}

/// Answers with the names below an address, as liblo does.
fn list(space: &AddressSpace, job: &Job<'_>) {
    let address = job.message.address();
    let container = match address.trim_end_matches('/') {
        "" => "/",
        container => container,
    };
    let Ok(container) = Address::new(container) else { return };
    let names = space.children(&container);
    let reply = Message::builder("/reply").arg(address);
    let names = names.iter().take(MOST_NAMES);
    let reply = names.fold(reply, |reply, name| reply.arg(name.as_str())).build();
    send(job, reply.map(|reply| sharp(&reply)));
}

/// Sends an answer of our own.
fn send(job: &Job<'_>, message: Result<impl Into<Packet>, EncodeError>) {
    let Context { peer, outlet, .. } = job.context;
    let sent = message.map_err(SendError::from).and_then(|m| outlet.send(peer, m.into()));
    if let Err(error) = sent {
        quietly!(DEBUG, outlet, NotReplied, %peer, %error, "reply not sent");
    }
}

/// Notes that a message reached no method.
fn missed(job: &Job<'_>, broken: Option<&AddressError>, tally: &mut Tally) {
    let Context { peer, outlet, .. } = job.context;
    tally.unmatched = true;
    tally.faults += 1;
    tally.bad_pattern = broken.is_some();
    if tally.offered {
        return;
    }
    if let Some(error) = broken {
        quietly!(DEBUG, outlet, BrokenPattern, %peer, %error, "broken address pattern");
    } else {
        quietly!(DEBUG, outlet, NoMethod, %peer, message = %job.message, "no method");
    }
}

/// The same message with a `#` in the place of the first slash: no address of the specification, but what liblo sends
/// and waits for, and what nobody can build by accident.
fn sharp(message: &Message) -> Packet {
    let mut bytes = message.as_bytes().to_vec();
    if let Some(first) = bytes.first_mut() {
        *first = b'#';
    }
    let any_address = DecodeOptions::new().tolerate(Tolerances::ANY_ADDRESS);
    Packet::decode_with(bytes, &any_address).unwrap_or_else(|_| message.clone().into())
}

/// How many names a list of names has at most: over UDP the sender may be forged.
const MOST_NAMES: usize = 64;
