//! A message that is due.

use std::time::Duration;

use oscine_codec::{MessageRef, TimeTag};

/// A message that is to run now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DueMessage<'a> {
    /// The message.
    pub message: MessageRef<'a>,
    /// The time tag that applies to it, as it was sent: the latest of those of the bundles around it.
    /// [`TimeTag::IMMEDIATE`] if there is none, or if time tags are ignored.
    pub time_tag: TimeTag,
    /// When it is due by the engine's time: `time_tag` with the sender's offset.
    pub due: TimeTag,
}

impl DueMessage<'_> {
    /// How long after its time it is `now`, by the engine's time. Zero for a message without a time.
    #[must_use]
    pub const fn lateness(&self, now: TimeTag) -> Duration {
        if self.due.is_immediate() { Duration::ZERO } else { now.since(self.due) }
    }
}
