//! What waits, as it is listed.

use oscine_codec::TimeTag;

/// What an entry of a schedule is known by. Never used again within one schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduleKey {
    pub(crate) sequence: u64,
    /// Where it was put; it may have been moved since.
    pub(crate) slot: usize,
}

/// An entry of a schedule, as it is listed.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting<'a, T, O = ()> {
    /// What it is known by.
    pub key: ScheduleKey,
    /// When it is due.
    pub due: TimeTag,
    /// How many bytes it stands for.
    pub bytes: usize,
    /// Whose it is, if it is anybody's.
    pub owner: Option<&'a O>,
    /// The value.
    pub value: &'a T,
}

impl<T, O> Clone for Waiting<'_, T, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, O> Copy for Waiting<'_, T, O> {}
