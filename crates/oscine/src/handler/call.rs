//! One call of a handler.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use oscine_codec::{Address, ArgReader, MessageRef, TimeTag};

use crate::handler::outlet::Outlet;
use crate::handler::registered::Registered;
use crate::peer::Peer;
use crate::space::key::MethodKey;

/// What the messages of one packet have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) peer: &'a Peer,
    /// Asked for when a handler wants to know, if nobody knows before.
    pub(crate) received_at: &'a OnceLock<Instant>,
    pub(crate) outlet: &'a Arc<dyn Outlet>,
}

/// One call of a handler: what its parameters take themselves from.
#[derive(Debug)]
pub struct Call<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) message: MessageRef<'a>,
    /// Of all arguments.
    fresh: ArgReader<'a>,
    pub(crate) args: ArgReader<'a>,
    pub(crate) registered: Registered<'a>,
    pub(crate) time_tag: TimeTag,
    pub(crate) lateness: Duration,
}

impl<'a> Call<'a> {
    /// A call that is not aimed at a handler yet.
    #[inline]
    pub(crate) fn new(
        message: MessageRef<'a>,
        time_tag: TimeTag,
        lateness: Duration,
        context: Context<'a>,
    ) -> Self {
        let fresh = ArgReader::coercing(message.args());
        let (args, registered) = (fresh.clone(), Registered::default());
        Self { context, message, fresh, args, registered, time_tag, lateness }
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> MessageRef<'a> {
        self.message
    }

    /// The arguments that no parameter has taken yet.
    pub const fn args(&mut self) -> &mut ArgReader<'a> {
        &mut self.args
    }

    /// Who sent the message.
    #[must_use]
    pub const fn peer(&self) -> &'a Peer {
        self.context.peer
    }

    /// The address of the method, if it stands at one; else that of the message, if it is no pattern.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        self.registered.address(self.message.address()).ok()
    }

    /// What the registration is known by; `None` for a fallback.
    #[must_use]
    pub fn key(&self) -> Option<MethodKey> {
        self.registered.at.map(|(_, key)| key)
    }

    /// Gets ready for the next handler.
    #[inline(always)]
    pub(crate) fn aim(&mut self, registered: Registered<'a>) {
        let exact = registered.home.is_some_and(|home| home.exact);
        if exact == self.fresh.is_coercing() {
            let args = self.fresh.remaining();
            self.fresh = if exact { ArgReader::exact(args) } else { ArgReader::coercing(args) };
        }
        self.args = self.fresh.clone();
        self.registered = registered;
    }
}
