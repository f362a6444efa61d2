//! What became of a packet.

use oscine_codec::PacketRef;

use crate::engine::due::DueMessage;
use crate::engine::selection::Selection;
use crate::engine::steps::RunSteps;
use crate::schedule::limits::Overflow;

/// What became of a packet, and what of it is to run now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "what is due now waits to be run"]
pub struct Handled {
    /// How many bundles were put in line for later.
    pub scheduled: usize,
    /// How many bundles, those that are due later, were refused, all of them, and why. What is due now runs even so.
    pub refused: Option<(usize, Overflow)>,
    /// How many bundles were dropped because they came too late: the outermost, and all that are nested in it.
    pub late: usize,
    /// How many nested bundles have a time tag earlier than what is around them, against OSC 1.0 ("Temporal
    /// Semantics"). They run with it. Counted where time tags are honoured.
    pub disordered: usize,
    pub(crate) selection: Selection,
}

impl Handled {
    /// The messages that run at once, in order: of the packet that was handled.
    pub fn due_now<'a>(
        &self,
        packet: PacketRef<'a>,
    ) -> impl Iterator<Item = DueMessage<'a>> + use<'a> {
        let selection = self.selection;
        packet.messages().filter_map(move |timed| selection.message(timed))
    }

    /// The messages that run at once, in order, with the start and the end of each bundle: of the packet that was
    /// handled.
    #[must_use]
    pub fn steps_now<'a>(&self, packet: PacketRef<'a>) -> RunSteps<'a> {
        RunSteps::new(packet, self.selection)
    }
}
