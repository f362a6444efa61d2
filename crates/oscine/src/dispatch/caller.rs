//! From a message to the handlers that it reaches.

use std::sync::Arc;

use oscine_codec::{
    Address, AddressError, DecodeOptions, EncodeError, Message, MessageRef, Packet, Tolerances,
};
use tracing::debug;

use crate::address_space::address_space::AddressSpace;
use crate::address_space::options::Options;
use crate::dispatch::cache::Cache;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::job::Job;
use crate::dispatch::reached::Reached;
use crate::dispatch::run::{Run, Tally};
use crate::handler::callable::Running;
use crate::handler::outlet::{Outlet, SendError};

/// Runs messages: finds the handlers that they reach, and calls them.
pub(crate) struct Caller {
    pub(crate) space: AddressSpace,
    pub(crate) outlet: Arc<dyn Outlet>,
    cache: Cache,
}

/// A message one of whose handlers is under way.
struct Waiting {
    reached: Reached<'static>,
    running: Running,
    first_match: bool,
    options: Options,
    tally: Tally,
}

impl Caller {
    pub(crate) fn new(space: AddressSpace, outlet: Arc<dyn Outlet>) -> Self {
        Self { space, outlet, cache: Cache::default() }
    }

    /// Runs one message: every handler that it reaches, in the order of registration. Adds what came of it to
    /// `dispatched`.
    #[inline]
    pub(crate) async fn message(&mut self, job: &Job<'_>, dispatched: &mut Dispatched) {
        if let Some(waiting) = self.begin(job, dispatched) {
            self.wait(job, waiting, dispatched).await;
        }
    }

    /// Finds the handlers of a message and calls none: what it takes to find them is in the caches then.
    pub(crate) fn rehearse(&mut self, message: MessageRef<'_>) {
        let contents = self.space.contents();
        std::hint::black_box(Reached::find(&contents, &mut self.cache, message));
    }

    /// Calls the handlers up to the first that is async and under way.
    ///
    /// No reference is counted on the way: what is registered is held all at once.
    fn begin(&mut self, job: &Job<'_>, dispatched: &mut Dispatched) -> Option<Waiting> {
        let contents = self.space.contents();
        let options = contents.options;
        let reached = Reached::find(&contents, &mut self.cache, job.message);
        reached.observe(&contents, job);
        // A message with a pattern calls all.
        let first_match = options.first_match && !reached.is_by_pattern(job.message);

        let mut tally = Tally::default();
        if let Reached::Nothing(_, broken) = &reached {
            missed(job, broken.as_ref(), &mut tally);
        }
        match Run::new(job, &mut tally).go_on(&reached, first_match) {
            None => {
                self.end(job, options, tally, dispatched);
                None
            }
            Some(running) => {
                let reached = reached.into_owned();
                Some(Waiting { reached, running, first_match, options, tally })
            }
        }
    }

    /// Sees an async handler through, and calls those that come after it.
    async fn wait(&mut self, job: &Job<'_>, waiting: Waiting, dispatched: &mut Dispatched) {
        let Waiting { reached, running, first_match, options, mut tally } = waiting;
        let mut next = Some(running);
        while let Some(running) = next {
            // The one before the next is the one under way.
            let under_way = tally.next.checked_sub(1);
            let mut run = Run::new(job, &mut tally);
            if let Some((method, _)) = under_way.and_then(|index| reached.handler(index)) {
                run.finish(method, running).await;
            }
            next = run.go_on(&reached, first_match);
        }
        self.end(job, options, tally, dispatched);
    }

    /// Adds up what came of a message, when all handlers are through.
    #[inline]
    fn end(&self, job: &Job<'_>, options: Options, tally: Tally, dispatched: &mut Dispatched) {
        dispatched.messages += 1;
        dispatched.calls += tally.calls;
        if tally.calls == 0 || tally.faults > 0 {
            self.unusual(job, options, tally, dispatched);
        }
    }

    /// Adds up what seldom happens, and answers a message that no handler was called for, if it is to be answered.
    #[cold]
    fn unusual(&self, job: &Job<'_>, options: Options, tally: Tally, dispatched: &mut Dispatched) {
        let message = job.message;
        dispatched.errors += tally.errors;
        dispatched.panics += tally.panics;
        dispatched.unmatched += usize::from(tally.unmatched);
        dispatched.bad_patterns += usize::from(tally.bad_pattern);
        if options.list_replies && tally.unmatched && message.address().ends_with('/') {
            self.list(job);
        }
        if let (0, Some(error)) = (tally.calls, tally.misfit) {
            dispatched.misfits += 1;
            debug!(peer = %job.context.peer, %message, %error, "no handler takes these arguments");
            if options.error_replies {
                let reason = error.to_string();
                self.send(job, Message::new("/error", (message.address(), reason.as_str())));
            }
        }
    }

    /// Answers with the names below an address, as liblo does.
    fn list(&self, job: &Job<'_>) {
        let address = job.message.address();
        let container = match address.trim_end_matches('/') {
            "" => "/",
            container => container,
        };
        let Ok(container) = Address::new(container) else { return };
        let names = self.space.children(&container);
        let reply = Message::builder("/reply").arg(address);
        let names = names.iter().take(MOST_NAMES);
        let reply = names.fold(reply, |reply, name| reply.arg(name.as_str())).build();
        self.send(job, reply.map(|reply| sharp(&reply)));
    }

    fn send(&self, job: &Job<'_>, message: Result<impl Into<Packet>, EncodeError>) {
        let peer = job.context.peer;
        let sent = message.map_err(SendError::from).and_then(|m| self.outlet.send(peer, m.into()));
        if let Err(error) = sent {
            debug!(%peer, %error, "reply not sent");
        }
    }
}

/// Notes that a message reached no method.
fn missed(job: &Job<'_>, broken: Option<&AddressError>, tally: &mut Tally) {
    let peer = job.context.peer;
    tally.unmatched = true;
    tally.faults += 1;
    if let Some(error) = broken {
        tally.bad_pattern = true;
        debug!(%peer, %error, "broken address pattern");
    } else {
        debug!(%peer, message = %job.message, "no method");
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
