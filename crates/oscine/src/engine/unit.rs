//! What runs without anything in between.

use std::time::Instant;

use oscine_codec::{Bundle, TimeTag, TimedMessage};

/// A bundle that waited and is due now: its messages run in order, with nothing of the same server in between.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unit<P> {
    /// When it is due.
    pub due: TimeTag,
    /// Who sent it.
    pub peer: P,
    /// When it was received.
    pub received_at: Instant,
    pub(crate) bundle: Bundle,
}

impl<P> Unit<P> {
    /// The messages to run, in order. Those of nested bundles that are due later are units of their own.
    pub fn messages(&self) -> impl Iterator<Item = TimedMessage<'_>> {
        self.bundle.messages().filter(|message| message.time_tag <= self.due)
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bundle.as_bytes().len()
    }
}
