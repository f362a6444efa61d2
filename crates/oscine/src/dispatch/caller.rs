//! Calling the handlers that a message reaches.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use oscine_codec::{
    Address, AddressError, ArgReader, EncodeError, Message, MessageRef, ReadError, TimeTag,
};
use tracing::{debug, error, warn};

use crate::address_space::address_space::AddressSpace;
use crate::address_space::contents::Method;
use crate::address_space::options::Options;
use crate::dispatch::cache::Cache;
use crate::dispatch::dispatched::Dispatched;
use crate::dispatch::reached::Reached;
use crate::handler::call::{Call, Context};
use crate::handler::callable::{Outcome, Running};
use crate::handler::into_reply::Replies;
use crate::handler::outlet::{Outlet, SendError};
use crate::handler::registered::Registered;
use crate::peer::Peer;

/// Calls the handlers that messages reach, one after the other.
pub(crate) struct Caller {
    pub(crate) space: AddressSpace,
    pub(crate) outlet: Arc<dyn Outlet>,
    cache: Cache,
}

/// The calls of one message's handlers, and what came of them.
struct Run<'a> {
    call: Call<'a>,
    dispatched: Dispatched,
    /// What the handler that is called replies; empty between calls.
    replies: Replies,
    misfit: Option<ReadError>,
    /// A handler has taken the message for itself.
    taken: bool,
}

impl Caller {
    pub(crate) fn new(space: AddressSpace, outlet: Arc<dyn Outlet>) -> Self {
        Self { space, outlet, cache: Cache::default() }
    }

    /// Runs one message: every handler that it reaches, in the order of registration.
    pub(crate) async fn message(
        &mut self,
        message: MessageRef<'_>,
        time_tag: TimeTag,
        lateness: Duration,
        context: Context<'_>,
    ) -> Dispatched {
        let contents = self.space.contents();
        let options = contents.options;
        let reached = Reached::find(&contents, &mut self.cache, message.address());
        reached.observe(&contents, message, context.peer, time_tag);
        drop(contents);

        let mut run = Run {
            call: Call {
                context,
                message,
                args: ArgReader::exact(message.args()),
                registered: Registered::default(),
                time_tag,
                lateness,
            },
            dispatched: Dispatched { messages: 1, ..Dispatched::default() },
            replies: Replies::default(),
            misfit: None,
            taken: false,
        };
        if let Reached::Nothing(_, broken) = &reached {
            self.missed(&mut run, broken.as_ref(), options);
        }
        // A message with a pattern calls all.
        let first_match = options.first_match && !reached.is_by_pattern(message.address());
        let mut next = 0;
        while let Some((method, running)) =
            self.call_from(&reached, &mut next, first_match, &mut run)
        {
            self.finish(method, running, &mut run).await;
        }
        if run.dispatched.calls == 0 {
            self.unfit(&mut run, options);
        }
        run.dispatched
    }

    /// Notes that a message reached no method, and answers it if it asks for a list.
    fn missed(&self, run: &mut Run<'_>, broken: Option<&AddressError>, options: Options) {
        let (peer, message) = (run.call.context.peer, run.call.message);
        run.dispatched.unmatched = 1;
        if let Some(error) = broken {
            run.dispatched.bad_patterns = 1;
            debug!(%peer, %error, "broken address pattern");
        } else {
            debug!(%peer, %message, "no method");
        }
        if options.list_replies && message.address().ends_with('/') {
            self.list(message, peer);
        }
    }

    /// Notes that no handler takes the arguments of a message, if that is why none was called.
    #[cold]
    fn unfit(&self, run: &mut Run<'_>, options: Options) {
        let (peer, message) = (run.call.context.peer, run.call.message);
        let Some(error) = run.misfit.take() else { return };
        run.dispatched.misfits = 1;
        debug!(%peer, %message, %error, "no handler takes these arguments");
        if options.error_replies {
            let reason = error.to_string();
            self.send(peer, Message::new("/error", (message.address(), reason.as_str())));
        }
    }

    /// Calls handlers, from the one at `next` on, up to one that is async and under way: that is handed back, to be
    /// [finished](Self::finish).
    fn call_from<'a>(
        &self,
        reached: &'a Reached,
        next: &mut usize,
        first_match: bool,
        run: &mut Run<'a>,
    ) -> Option<(&'a Method, Running)> {
        match reached {
            Reached::Literal(entries, home) => {
                let (place, home) = (&**entries.place(), Some(&**home));
                self.call_each(next, first_match, run, |index| {
                    let entry = entries.as_slice().get(index)?;
                    Some((&entry.value, Registered { at: Some((place, entry.key)), home }))
                })
            }
            Reached::Flat(flat, numbers, home) => {
                let home = Some(&**home);
                self.call_each(next, first_match, run, |index| {
                    let method = flat.method(*numbers.get(index)?)?;
                    let at = Some((&*method.place, method.key));
                    Some((&method.value, Registered { at, home }))
                })
            }
            Reached::Targets(targets) => self.call_each(next, first_match, run, |index| {
                let target = targets.get(index)?;
                Some((&target.method, target.registered()))
            }),
            Reached::Nothing(fallback, _) => self.call_each(next, first_match, run, |index| {
                let target = fallback.as_ref().filter(|_| index == 0)?;
                Some((&target.method, target.registered()))
            }),
        }
    }

    #[inline]
    fn call_each<'a>(
        &self,
        next: &mut usize,
        first_match: bool,
        run: &mut Run<'a>,
        target: impl Fn(usize) -> Option<(&'a Method, Registered<'a>)>,
    ) -> Option<(&'a Method, Running)> {
        while let Some((method, registered)) = target(*next).filter(|_| !run.taken || !first_match)
        {
            *next += 1;
            run.call.aim(registered);
            let Run { call, replies, .. } = run;
            // A handler that panics leaves behind what is its own, a cursor that is set anew for the next one, and
            // replies that are dropped.
            match catch_unwind(AssertUnwindSafe(|| method.call(call, replies))) {
                Ok(Ok(Outcome::Done)) => self.called(run),
                Ok(Ok(Outcome::Running(running))) => return Some((method, running)),
                Ok(Err(misfit)) => run.misfit = Some(misfit),
                Err(_) => panicked(run),
            }
        }
        None
    }

    /// Sees an async handler through. Whatever it does, it comes back here.
    async fn finish(&self, method: &Method, mut running: Running, run: &mut Run<'_>) {
        match AssertUnwindSafe(running.get_pin()).catch_unwind().await {
            Ok(replies) => {
                method.recycle(running);
                run.replies = replies;
                self.called(run);
            }
            Err(_) => panicked(run),
        }
    }

    /// Counts a call and sends what the handler replies.
    #[inline]
    fn called(&self, run: &mut Run<'_>) {
        run.dispatched.calls += 1;
        if run.replies.is_empty() {
            run.taken = true;
        } else {
            self.reply(run);
        }
    }

    #[cold]
    fn reply(&self, run: &mut Run<'_>) {
        let (peer, message) = (run.call.context.peer, run.call.message);
        let replies = mem::take(&mut run.replies);
        run.taken |= !replies.next;
        if let Some(error) = replies.error {
            run.dispatched.errors += 1;
            warn!(%peer, %message, %error, "handler failed");
        }
        for packet in replies.packets {
            if let Err(error) = self.outlet.send(peer, packet) {
                debug!(%peer, %error, "reply not sent");
            }
        }
    }

    /// Answers with the names below an address, as liblo does.
    fn list(&self, message: MessageRef<'_>, peer: Peer) {
        let container = match message.address().trim_end_matches('/') {
            "" => "/",
            container => container,
        };
        let Ok(container) = Address::new(container) else { return };
        let names = self.space.children(&container);
        let reply = Message::builder("#reply").arg(message.address());
        let names = names.iter().take(MOST_NAMES);
        self.send(peer, names.fold(reply, |reply, name| reply.arg(name.as_str())).build());
    }

    fn send(&self, peer: Peer, message: Result<Message, EncodeError>) {
        let sent = message.map_err(SendError::from).and_then(|m| self.outlet.send(peer, m.into()));
        if let Err(error) = sent {
            debug!(%peer, %error, "reply not sent");
        }
    }
}

/// Notes that a handler panicked.
#[cold]
fn panicked(run: &mut Run<'_>) {
    // The panic hook has told what it was; this tells where it came from.
    error!(peer = %run.call.context.peer, message = %run.call.message, "handler panicked");
    run.replies = Replies::default();
    run.dispatched.calls += 1;
    run.dispatched.panics += 1;
    run.taken = true;
}

/// How many names a list of names has at most: over UDP the sender may be forged.
const MOST_NAMES: usize = 64;
