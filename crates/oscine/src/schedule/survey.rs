//! Looking at what waits bit by bit.

use std::hash::Hash;

use oscine_codec::TimeTag;

use crate::schedule::queue::Schedule;
use crate::schedule::waiting::{ScheduleKey, Waiting};

/// Where somebody is who looks at all that waits bit by bit, while entries come and go in between.
///
/// It finds all that wait from its beginning to its end, and none that were put in line since. An entry stays in its slot
/// until all are moved, which is seldom; then the survey begins anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Survey {
    slot: usize,
    /// Entries from this number on came later.
    below: u64,
    layout: u64,
}

/// So many slots are looked at together: some 10 µs.
pub(crate) const SLICE: usize = 128;

impl<T, O> Schedule<T, O> {
    /// Begins to look at what waits now.
    pub(crate) const fn survey(&self) -> Survey {
        Survey { slot: 0, below: self.next_sequence, layout: self.layout }
    }

    /// Has a survey begin anew if entries have moved; says whether they have.
    pub(crate) fn follow(&self, survey: &mut Survey) -> bool {
        let moved = survey.layout != self.layout;
        if moved {
            (survey.slot, survey.layout) = (0, self.layout);
        }
        moved
    }

    /// The next few entries, in no order, each with a number by which they are ordered in time; `None` at the end.
    pub(crate) fn slice(
        &self,
        survey: &mut Survey,
    ) -> Option<impl Iterator<Item = (u64, Waiting<'_, T, O>)> + use<'_, T, O>> {
        let (first, below) = (survey.slot, survey.below);
        if first >= self.slots.capacity() {
            return None;
        }
        survey.slot = first + SLICE;
        let entries = (first..survey.slot).filter_map(|slot| Some((slot, self.slots.get(slot)?)));
        let entries = entries.filter(move |(_, entry)| entry.sequence < below);
        Some(entries.map(|(slot, entry)| (self.at(entry.due), entry.waiting(slot))))
    }
}

impl<T, O: Clone + Eq + Hash> Schedule<T, O> {
    /// Takes an entry out that a survey has found, if it still waits and has not moved. Takes the same time whatever waits.
    pub(crate) fn cancel_found(&mut self, survey: &Survey, key: ScheduleKey) -> Option<T> {
        let waits = self.slots.get(key.slot).is_some_and(|entry| entry.sequence == key.sequence);
        if !waits || survey.layout != self.layout {
            return None;
        }
        self.take(key.slot).map(|(_, value)| value)
    }

    /// When the first value is due, those that were cancelled left out.
    pub(crate) fn next_live(&mut self) -> Option<TimeTag> {
        if self.wheel.len() > self.slots.len() {
            let slots = &self.slots;
            self.wheel.leave_out(|place| {
                slots.get(place.slot).is_none_or(|entry| entry.sequence != place.sequence)
            });
        }
        self.next_due()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::limits::ScheduleLimits;

    fn schedule(count: u64) -> Schedule<u64> {
        let mut schedule = Schedule::new(ScheduleLimits::new());
        for value in 0..count {
            schedule.push(TimeTag(2), TimeTag(10 + value), 1, value).unwrap();
        }
        schedule
    }

    #[test]
    fn the_next_that_lives_is_found_behind_those_that_were_cancelled() {
        for (count, kept) in [(300, 299), (3, 1), (70, 69), (1, 0)] {
            let mut schedule = schedule(count);
            schedule.cancel_where(|waiting| *waiting.value < kept);
            assert_eq!(schedule.next_live(), Some(TimeTag(10 + kept)));
            assert_eq!(schedule.pop_due(TimeTag(10 + kept)), Some((TimeTag(10 + kept), kept)));
        }
        let mut schedule = schedule(5);
        schedule.cancel_where(|_| true);
        assert_eq!(schedule.next_live(), None);
        schedule.push(TimeTag(2), TimeTag(7), 1, 9).unwrap();
        assert_eq!(schedule.next_live(), Some(TimeTag(7)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// All that are there from the beginning to the end are found, whatever happens in between, and cancelled once.
        #[test]
        fn a_survey_misses_nothing_and_takes_nothing_twice(
            count in 0_u64..9000,
            between in prop::collection::vec((0_u64..40, 0_u64..4000, any::<bool>()), 0..40),
            unwanted in 1_u64..4,
        ) {
            let mut schedule = schedule(count);
            let mut survey = schedule.survey();
            let mut between = between.into_iter();
            let (mut taken, mut run, mut now) = (Vec::new(), Vec::new(), 9);
            loop {
                schedule.follow(&mut survey);
                let Some(slice) = schedule.slice(&mut survey) else { break };
                let found = slice.filter(|(_, it)| *it.value % unwanted == 0);
                let keys: Vec<_> = found.map(|(_, waiting)| waiting.key).collect();
                if let Some((ahead, more, pushes)) = between.next() {
                    // Many run at once, so that the rest is moved.
                    now += if pushes { ahead } else { ahead * 200 };
                    run.extend(std::iter::from_fn(|| schedule.pop_due(TimeTag(now))).map(|it| it.1));
                    for value in (0..more).filter(|_| pushes) {
                        schedule.push(TimeTag(now), TimeTag(1 << 40), 1, unwanted * value).unwrap();
                    }
                }
                for key in keys {
                    taken.extend(schedule.cancel_found(&survey, key));
                }
            }
            run.sort_unstable();
            taken.sort_unstable();
            let mut expected: Vec<_> = (0..count).filter(|it| it % unwanted == 0).collect();
            expected.retain(|it| run.binary_search(it).is_err());
            prop_assert_eq!(taken, expected);
        }
    }
}
