//! How time tags are taken.

use std::time::Duration;

use crate::time_offset::TimeOffset;

/// How the time tags of a packet are taken. A `Copy` value that goes with each packet, so that it can differ from
/// peer to peer and change while bundles wait.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oscine::{LatePolicy, TimeOffset, Timing};
///
/// let ahead = TimeOffset::ahead(Duration::from_millis(40));
/// let late = LatePolicy::DropAfter(Duration::from_millis(200));
/// let timing = Timing::new().offset(ahead).late(late);
/// # let _ = timing;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[must_use]
pub struct Timing {
    pub(crate) time: TimePolicy,
    pub(crate) late: LatePolicy,
    pub(crate) offset: TimeOffset,
}

impl Timing {
    /// Time tags are honoured, what is late runs, and the clocks agree.
    pub const fn new() -> Self {
        Self { time: TimePolicy::Honour, late: LatePolicy::Deliver, offset: TimeOffset::ZERO }
    }

    /// What time tags are good for. Default [`TimePolicy::Honour`].
    pub const fn time(mut self, policy: TimePolicy) -> Self {
        self.time = policy;
        self
    }

    /// What happens to bundles that arrive late. Default [`LatePolicy::Deliver`].
    pub const fn late(mut self, policy: LatePolicy) -> Self {
        self.late = policy;
        self
    }

    /// How far this side's clock is ahead of the sender's. Default zero.
    pub const fn offset(mut self, offset: TimeOffset) -> Self {
        self.offset = offset;
        self
    }
}

/// What time tags are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TimePolicy {
    /// A bundle runs at its time (the default).
    #[default]
    Honour,
    /// All runs on receipt, in the order of the packet's bytes, as if every time tag were
    /// [`IMMEDIATE`](oscine_codec::TimeTag::IMMEDIATE), which is what handlers see: to them nothing is ever late.
    Ignore,
    /// All runs on receipt, in the order of the packet's bytes, and handlers see the time tags as they were sent: for
    /// programs that keep the time by themselves, as audio engines do. Something may be handed over before its time.
    HandOver,
}

/// What happens to bundles that arrive after their time.
///
/// Lateness is judged once, on arrival, and for the outermost bundle: what is nested in it has its fate. A bundle
/// with the time tag [`IMMEDIATE`](oscine_codec::TimeTag::IMMEDIATE) is never late, and neither is a message that
/// came alone. Where time tags are not [honoured](TimePolicy::Honour) nothing is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LatePolicy {
    /// It runs at once (the default): a late cue is better than none.
    #[default]
    Deliver,
    /// It is dropped when it is later than this, and counted.
    DropAfter(Duration),
}
