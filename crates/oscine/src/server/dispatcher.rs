//! From packets to handlers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use oscine_codec::{
    Address, ArgReader, DecodeOptions, PacketRef, Pattern, ReadError, TimeTag, TimedMessage,
};
use tracing::{debug, error, trace, warn};

use crate::address_space::{AddressSpace, Method};
use crate::clock::Clock;
use crate::engine::engine::Engine;
use crate::handler::call::{Call, Context};
use crate::handler::callable::Outcome;
use crate::handler::into_reply::Replies;
use crate::handler::outlet::Outlet;
use crate::peer::Peer;
use crate::server::counters::Counters;
use crate::space::entry::Entries;

/// Runs messages: at once, or when they are due.
pub(crate) struct Dispatcher {
    pub(crate) engine: Engine<Peer>,
    pub(crate) clock: Clock,
    pub(crate) space: AddressSpace,
    pub(crate) outlet: Arc<dyn Outlet>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) decode: DecodeOptions,
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.counters.dropped_at_stop.add(self.engine.schedule().len());
    }
}

/// The handlers that one message reaches.
enum Reached {
    /// The methods at its address.
    Literal(Entries<Method>),
    /// The methods that its pattern matches.
    Pattern(Vec<(Arc<Address>, Method)>),
    /// None.
    Nothing(Option<Method>),
}

/// What came of calling one handler.
enum Called {
    Ran,
    Misfit(ReadError),
}

impl Dispatcher {
    /// Decodes and runs a datagram, in place.
    pub(crate) async fn datagram(&mut self, bytes: &[u8], peer: Peer, received_at: Instant) {
        match PacketRef::decode_with(bytes, &self.decode) {
            Ok(packet) => self.packet(packet, peer, received_at).await,
            Err(error) => {
                self.counters.received.add(1);
                self.counters.received_bytes.add(bytes.len());
                self.counters.bad.add(1);
                debug!(%peer, %error, "malformed packet");
            }
        }
    }

    /// Runs what is due now of a packet, and puts the rest in line.
    pub(crate) async fn packet(&mut self, packet: PacketRef<'_>, peer: Peer, received_at: Instant) {
        self.counters.received.add(1);
        self.counters.received_bytes.add(packet.as_bytes().len());
        trace!(%peer, %packet, "received");
        // What is due already is earlier than what arrives now.
        self.run_due().await;
        let outlet = Arc::clone(&self.outlet);
        let context = Context { peer, received_at, outlet: &outlet };
        if let PacketRef::Message(message) = packet {
            self.message(message, TimeTag::IMMEDIATE, Duration::ZERO, context).await;
            return;
        }
        let now = self.clock.now();
        let handled = self.engine.handle_packet(now, packet, &peer, received_at);
        self.counters.scheduled.add(handled.scheduled);
        if let Some((count, overflow)) = handled.refused {
            self.counters.schedule_refused.add(count);
            warn!(%peer, count, %overflow, "bundles refused");
        }
        for message in Engine::<Peer>::due_now(now, packet) {
            self.timed(message, context).await;
        }
    }

    /// Runs every bundle that is due.
    pub(crate) async fn run_due(&mut self) {
        while self.engine.next_timeout().is_some() {
            let Some(unit) = self.engine.handle_timeout(self.clock.now()) else { return };
            self.counters.released.add(1);
            let outlet = Arc::clone(&self.outlet);
            let context =
                Context { peer: unit.peer, received_at: unit.received_at, outlet: &outlet };
            for message in unit.messages() {
                self.timed(message, context).await;
            }
        }
    }

    /// When the next bundle is due.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.clock.instant(self.engine.next_timeout()?)
    }

    async fn timed(&self, message: TimedMessage<'_>, context: Context<'_>) {
        let tag = message.time_tag;
        let lateness = if tag.is_immediate() {
            Duration::ZERO
        } else {
            self.clock.now().saturating_since(tag)
        };
        self.message(message.message, tag, lateness, context).await;
    }

    /// Runs one message: every handler that it reaches, in the order of registration.
    async fn message(
        &self,
        message: oscine_codec::MessageRef<'_>,
        time_tag: TimeTag,
        lateness: Duration,
        context: Context<'_>,
    ) {
        self.counters.messages.add(1);
        let call = |address| Call {
            context,
            message,
            args: ArgReader::coercing(message.args()),
            address,
            time_tag,
            lateness,
        };
        let mut misfit = None;
        let mut ran = false;
        let mut note = |called| match called {
            Called::Ran => ran = true,
            Called::Misfit(error) => misfit = Some(error),
        };
        match self.reach(message.address(), context.peer) {
            Reached::Literal(entries) => {
                for entry in entries.as_slice() {
                    note(self.call(&entry.value, call(Some(entries.address()))).await);
                }
            }
            Reached::Pattern(methods) => {
                for (address, method) in &methods {
                    note(self.call(method, call(Some(address))).await);
                }
            }
            Reached::Nothing(fallback) => {
                self.counters.unmatched.add(1);
                match fallback {
                    Some(method) => note(self.call(&method, call(None)).await),
                    None => debug!(peer = %context.peer, %message, "no method"),
                }
            }
        }
        if let (false, Some(error)) = (ran, misfit) {
            self.counters.misfits.add(1);
            debug!(peer = %context.peer, %message, %error, "no handler takes these arguments");
        }
    }

    fn reach(&self, address: &str, peer: Peer) -> Reached {
        let contents = self.space.contents();
        if let Some(entries) = contents.methods.find(address) {
            return Reached::Literal(entries.clone());
        }
        // Registered addresses hold no wildcards, so a pattern never comes here by the way above.
        if Pattern::is_pattern(address) {
            match Pattern::new(address) {
                Ok(pattern) => {
                    let found = contents.methods.matching(&pattern).into_iter();
                    let methods: Vec<_> = found
                        .filter_map(|entry| {
                            let address = contents.methods.address_of(entry.key)?;
                            Some((Arc::clone(address), Arc::clone(&entry.value)))
                        })
                        .collect();
                    if !methods.is_empty() {
                        return Reached::Pattern(methods);
                    }
                }
                Err(error) => {
                    self.counters.bad_patterns.add(1);
                    debug!(%peer, %error, "broken address pattern");
                }
            }
        }
        Reached::Nothing(contents.fallback.clone())
    }

    /// Calls one handler and sees it through. Whatever it does, it comes back here.
    async fn call(&self, method: &Method, call: Call<'_>) -> Called {
        let peer = call.context.peer;
        let message = call.message;
        let outcome = catch_unwind(AssertUnwindSafe(|| method.call(call)));
        let replies = match outcome {
            Ok(Err(misfit)) => return Called::Misfit(misfit),
            Ok(Ok(Outcome::Done(replies))) => Some(replies),
            Ok(Ok(Outcome::Running(mut running))) => {
                let done = AssertUnwindSafe(running.get_pin()).catch_unwind().await;
                if done.is_ok() {
                    method.recycle(running);
                }
                done.ok()
            }
            Err(_) => None,
        };
        self.counters.calls.add(1);
        match replies {
            Some(replies) => self.reply(peer, message, replies),
            None => {
                // The panic hook has told what it was; this tells where it came from.
                self.counters.handler_panics.add(1);
                error!(%peer, %message, "handler panicked");
            }
        }
        Called::Ran
    }

    fn reply(&self, peer: Peer, message: oscine_codec::MessageRef<'_>, replies: Replies) {
        if let Some(error) = replies.error {
            self.counters.handler_errors.add(1);
            warn!(%peer, %message, %error, "handler failed");
        }
        for packet in replies.packets {
            if let Err(error) = self.outlet.send(peer, packet) {
                debug!(%peer, %error, "reply not sent");
            }
        }
    }
}
