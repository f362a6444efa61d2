//! What runs, with the ends of bundles.

use std::iter::FusedIterator;

use oscine_codec::{Node, PacketRef, TimeTag, Walk};
use smallvec::SmallVec;

use crate::engine::due::DueMessage;
use crate::engine::selection::Selection;

/// One step of what runs: a message, or where a bundle begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunStep<'a> {
    /// A bundle begins. It has a step even if it is empty.
    Start {
        /// The time tag that applies to it, as it was sent: the later of its own and that of the bundle around it.
        time_tag: TimeTag,
        /// When it is due by the engine's time.
        due: TimeTag,
    },
    /// A message runs.
    Message(DueMessage<'a>),
    /// The bundle that began last and has not ended, ends.
    End {
        /// The time tag that it began with.
        time_tag: TimeTag,
        /// When it was due by the engine's time.
        due: TimeTag,
    },
}

/// What runs of a packet now, in order: an iterator of [`RunStep`]. Starts and ends are paired.
#[derive(Debug)]
pub struct RunSteps<'a> {
    walk: Walk<'a>,
    selection: Selection,
    /// The bundles that have begun, from the outermost.
    open: SmallVec<[Open; 4]>,
    /// A message or the start of a bundle, held back until the bundles before it have ended.
    next: Option<(usize, RunStep<'a>)>,
}

/// A bundle that has begun.
#[derive(Debug, Clone, Copy)]
struct Open {
    depth: usize,
    time_tag: TimeTag,
    due: TimeTag,
}

impl<'a> RunSteps<'a> {
    pub(crate) fn new(packet: PacketRef<'a>, selection: Selection) -> Self {
        Self { walk: packet.walk(), selection, open: SmallVec::new(), next: None }
    }

    /// The next bundle or message that runs now, and how many bundles are around it, itself included.
    fn advance(&mut self) -> Option<(usize, RunStep<'a>)> {
        loop {
            let step = match self.walk.next()? {
                Node::Message(timed) => self.selection.message(timed).map(RunStep::Message),
                Node::Bundle { time_tag, .. } => self
                    .selection
                    .times(time_tag)
                    .map(|(time_tag, due)| RunStep::Start { time_tag, due }),
                _ => None,
            };
            if let Some(step) = step {
                return Some((self.walk.depth(), step));
            }
        }
    }
}

impl<'a> Iterator for RunSteps<'a> {
    type Item = RunStep<'a>;

    fn next(&mut self) -> Option<RunStep<'a>> {
        if self.next.is_none() {
            self.next = self.advance();
        }
        let is_over = |open: &Open| match self.next {
            Some((depth, RunStep::Start { .. })) => open.depth >= depth,
            Some((depth, _)) => open.depth > depth,
            None => true,
        };
        if self.open.last().is_some_and(is_over) {
            let Open { time_tag, due, .. } = self.open.pop()?;
            return Some(RunStep::End { time_tag, due });
        }
        let (depth, step) = self.next.take()?;
        if let RunStep::Start { time_tag, due } = step {
            self.open.push(Open { depth, time_tag, due });
        }
        Some(step)
    }
}

impl FusedIterator for RunSteps<'_> {}
