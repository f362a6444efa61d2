//! One message to be run.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use oscine_codec::{MessageRef, TimeTag};

use crate::handler::hold::Hold;
use crate::handler::outlet::Outlet;
use crate::peer::Peer;

/// One message to be run, and its circumstances.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// Lent: to copy a view that was just made costs as much as a call.
    pub(crate) message: &'a MessageRef<'a>,
    /// The latest of those of the bundles around it.
    pub(crate) time_tag: TimeTag,
    pub(crate) lateness: Duration,
    pub(crate) context: Context<'a>,
}

/// What the messages of one packet have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) peer: &'a Peer,
    pub(crate) received_at: ReadAt<'a>,
    pub(crate) outlet: &'a Arc<dyn Outlet>,
    /// What begins before its time and waits for it, right before anybody can notice.
    pub(crate) hold: Option<&'a Hold>,
}

impl Context<'_> {
    /// Waits until its time has come, if it has begun before.
    #[inline]
    pub(crate) fn wait(&self) {
        if let Some(hold) = self.hold {
            hold.wait();
        }
    }
}

/// When a packet was read.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ReadAt<'a> {
    Known(Instant),
    /// When the first handler wants to know.
    Asked(&'a OnceLock<Instant>),
}

impl ReadAt<'_> {
    pub(crate) fn get(self) -> Instant {
        match self {
            Self::Known(at) => at,
            Self::Asked(once) => *once.get_or_init(Instant::now),
        }
    }
}
