//! What runs without anything in between.

use std::time::Instant;

use oscine_codec::{Bundle, PacketRef, TimeTag};

use crate::engine::due::DueMessage;
use crate::engine::selection::Selection;
use crate::engine::steps::RunSteps;

/// A bundle that waited and is due now: its messages run in order, with nothing of the same server in between.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unit<P> {
    /// When it is due, by the engine's time.
    pub due: TimeTag,
    /// Who sent it.
    pub peer: P,
    /// When it was received.
    pub received_at: Instant,
    pub(crate) bundle: Bundle,
}

impl<P> Unit<P> {
    /// The messages to run, in order. Those of nested bundles that are due later are units of their own.
    pub fn messages(&self) -> impl Iterator<Item = DueMessage<'_>> {
        let selection = self.selection();
        self.bundle.messages().filter_map(move |timed| selection.message(timed))
    }

    /// The messages to run, in order, with the start and the end of each bundle.
    #[must_use]
    pub fn steps(&self) -> RunSteps<'_> {
        RunSteps::new(PacketRef::Bundle(self.bundle.view()), self.selection())
    }

    /// The time tag that applies to it, as it was sent.
    #[must_use]
    pub fn time_tag(&self) -> TimeTag {
        self.bundle.time_tag()
    }

    /// The bundle, with what is nested in it and due later.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bundle.as_bytes().len()
    }

    /// Bundles wait whose own time tag is the one that applies to them.
    fn selection(&self) -> Selection {
        Selection::With { time_tag: self.bundle.time_tag(), due: self.due }
    }
}
