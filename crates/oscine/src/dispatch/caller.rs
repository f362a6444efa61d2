//! Calling the handlers that a message reaches.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use oscine_codec::{
    Address, ArgReader, EncodeError, Message, MessageRef, Pattern, ReadError, TimeTag,
};
use tracing::{debug, error, warn};

use crate::address_space::address_space::AddressSpace;
use crate::address_space::contents::Method;
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

/// The call of one message's handlers, and what came of it.
struct Run<'a> {
    call: Call<'a>,
    dispatched: Dispatched,
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

        let start = |registered| Run {
            call: Call {
                context,
                message,
                args: ArgReader::exact(message.args()),
                registered,
                time_tag,
                lateness,
            },
            dispatched: Dispatched { messages: 1, ..Dispatched::default() },
            misfit: None,
            taken: false,
        };
        let run = match &reached {
            Reached::Literal(entries, home) => {
                let place = &**entries.place();
                let mut run = start(Registered { at: None, home });
                for entry in entries.as_slice() {
                    let registered = Registered { at: Some((place, entry.key)), home };
                    self.call(&entry.value, registered, &mut run).await;
                    if run.taken && options.first_match {
                        break;
                    }
                }
                run
            }
            Reached::Targets(targets) => {
                let Some(first) = targets.first() else { return Dispatched::default() };
                let first_match = options.first_match && !Pattern::is_pattern(message.address());
                let mut run = start(first.registered());
                for target in &**targets {
                    self.call(&target.method, target.registered(), &mut run).await;
                    if run.taken && first_match {
                        break;
                    }
                }
                run
            }
            Reached::Nothing(fallback, broken) => {
                if options.list_replies && message.address().ends_with('/') {
                    self.list(message, context.peer);
                }
                if let Some(error) = broken {
                    debug!(peer = %context.peer, %error, "broken address pattern");
                }
                let missed = Dispatched {
                    messages: 1,
                    unmatched: 1,
                    bad_patterns: usize::from(broken.is_some()),
                    ..Dispatched::default()
                };
                let Some(target) = fallback else {
                    debug!(peer = %context.peer, %message, "no method");
                    return missed;
                };
                let mut run = start(target.registered());
                run.dispatched = missed;
                self.call(&target.method, target.registered(), &mut run).await;
                run
            }
        };
        let mut dispatched = run.dispatched;
        if let (0, Some(error)) = (dispatched.calls, run.misfit) {
            dispatched.misfits += 1;
            debug!(peer = %context.peer, %message, %error, "no handler takes these arguments");
            if options.error_replies {
                let reason = error.to_string();
                let reply = Message::new("/error", (message.address(), reason.as_str()));
                self.send(context.peer, reply);
            }
        }
        dispatched
    }

    /// Calls one handler and sees it through. Whatever it does, it comes back here.
    #[inline]
    async fn call<'a>(&self, method: &Method, registered: Registered<'a>, run: &mut Run<'a>) {
        run.call.aim(registered);
        // A handler that panics leaves behind what is its own, and a cursor that is set anew for the next one.
        match catch_unwind(AssertUnwindSafe(|| method.call(&mut run.call))) {
            Ok(Ok(Outcome::Done(replies))) => self.reply(Some(replies), run),
            Ok(Ok(Outcome::Running(running))) => {
                let replies = finish(method, running).await;
                self.reply(replies, run);
            }
            Ok(Err(misfit)) => run.misfit = Some(misfit),
            Err(_) => self.reply(None, run),
        }
    }

    /// Sends what a handler replies, or notes that it panicked.
    fn reply(&self, replies: Option<Replies>, run: &mut Run<'_>) {
        run.dispatched.calls += 1;
        let (peer, message) = (run.call.context.peer, run.call.message);
        let Some(replies) = replies else {
            // The panic hook has told what it was; this tells where it came from.
            run.dispatched.panics += 1;
            error!(%peer, %message, "handler panicked");
            return;
        };
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

/// Waits for an async handler; `None` if it panicked.
async fn finish(method: &Method, mut running: Running) -> Option<Replies> {
    let done = AssertUnwindSafe(running.get_pin()).catch_unwind().await;
    if done.is_ok() {
        method.recycle(running);
    }
    done.ok()
}

/// How many names a list of names has at most: over UDP the sender may be forged.
const MOST_NAMES: usize = 64;
