//! One call of a handler.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oscine_codec::{Address, ArgReader, MessageRef, TimeTag};

use crate::handler::outlet::Outlet;
use crate::peer::Peer;

/// What the messages of one packet have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) peer: Peer,
    pub(crate) received_at: Instant,
    pub(crate) outlet: &'a Arc<dyn Outlet>,
}

/// One call of a handler: what its parameters take themselves from.
#[derive(Debug)]
pub struct Call<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) message: MessageRef<'a>,
    pub(crate) args: ArgReader<'a>,
    /// Of the method; none for a fallback.
    pub(crate) address: Option<&'a Arc<Address>>,
    pub(crate) time_tag: TimeTag,
    pub(crate) lateness: Duration,
}

impl<'a> Call<'a> {
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
    pub const fn peer(&self) -> Peer {
        self.context.peer
    }

    /// The address of the method; for a fallback, the message's own if it is one.
    #[must_use]
    pub const fn address(&self) -> Option<&'a Arc<Address>> {
        self.address
    }
}
