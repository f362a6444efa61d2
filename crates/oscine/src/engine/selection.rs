//! Which messages of a packet run, and as what.

use oscine_codec::{MessageRef, TimeTag, TimedMessage};

use crate::engine::due::DueMessage;
use crate::time_offset::TimeOffset;

/// Which messages of a packet, or of a bundle, run together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// None.
    Nothing,
    /// All; nobody gets to know the time.
    Immediate,
    /// All.
    All(TimeOffset),
    /// Those that are due by `now`, a time of the engine's.
    Due { now: TimeTag, offset: TimeOffset },
    /// Those of a bundle that run with it: due when it is, which the engine calls `due`.
    With { time_tag: TimeTag, due: TimeTag },
}

impl Selection {
    /// What a message, or a bundle, with this time tag is handed over with: its time tag, and when it was due by the
    /// engine's time. `None` if it does not run now.
    pub(crate) fn times(self, time_tag: TimeTag) -> Option<(TimeTag, TimeTag)> {
        match self {
            Self::Nothing => None,
            Self::Immediate => Some((TimeTag::IMMEDIATE, TimeTag::IMMEDIATE)),
            Self::All(offset) => Some((time_tag, offset.incoming(time_tag))),
            Self::Due { now, offset } => {
                let due = offset.incoming(time_tag);
                (!due.is_after(now)).then_some((time_tag, due))
            }
            // Nothing in a bundle is due before it, and what is due after it is a unit of its own.
            Self::With { time_tag: own, due } => (time_tag == own).then_some((time_tag, due)),
        }
    }

    pub(crate) fn message(self, timed: TimedMessage<'_>) -> Option<DueMessage<'_>> {
        let (time_tag, due) = self.times(timed.time_tag)?;
        let message: MessageRef<'_> = timed.message;
        Some(DueMessage { message, time_tag, due })
    }
}
