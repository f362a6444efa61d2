//! One call of a handler.

use oscine_codec::{Address, ArgReader, Args, MessageRef};

use crate::handler::job::Job;
use crate::handler::registered::Registered;
use crate::peer::Peer;
use crate::space::key::MethodKey;

/// One call of a handler: what its parameters take themselves from.
#[derive(Debug)]
pub struct Call<'a> {
    pub(crate) job: &'a Job<'a>,
    pub(crate) args: ArgReader<'a>,
    pub(crate) registered: Registered<'a>,
}

impl<'a> Call<'a> {
    /// A call that is not [aimed](Self::aim) at a handler yet.
    #[inline]
    pub(crate) fn new(job: &'a Job<'a>) -> Self {
        let args = ArgReader::coercing(job.message.args());
        Self { job, args, registered: Registered::default() }
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> MessageRef<'a> {
        *self.job.message
    }

    /// The arguments that no parameter has taken yet.
    pub const fn args(&mut self) -> &mut ArgReader<'a> {
        &mut self.args
    }

    /// Who sent the message.
    #[must_use]
    pub const fn peer(&self) -> &'a Peer {
        self.job.context.peer
    }

    /// The address of the method, if it stands at one; else that of the message, if it is no pattern.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        self.registered.address(self.job.message.address()).ok()
    }

    /// What the registration is known by; `None` for a fallback.
    #[must_use]
    pub fn key(&self) -> Option<MethodKey> {
        self.registered.at().map(|(_, key)| key)
    }

    /// Gets ready for the next handler. `args` are those of the message, taken apart once for all handlers.
    #[inline(always)]
    pub(crate) fn aim(&mut self, registered: Registered<'a>, args: Args<'a>) {
        let exact = registered.home().is_some_and(|home| home.exact);
        self.args = if exact { ArgReader::exact(args) } else { ArgReader::coercing(args) };
        self.registered = registered;
    }
}
