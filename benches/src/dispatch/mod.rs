//! From the bytes of a message to the handlers that it reaches: decode, look up, call with one float.

pub(crate) mod allocations;
pub(crate) mod case;
#[cfg(feature = "peers")]
pub(crate) mod liblo;
pub(crate) mod ours;
#[cfg(feature = "peers")]
pub(crate) mod rosc;

use std::time::Duration;

use crate::contest::{Contest, Pace, Side, hold};
use crate::dispatch::case::Case;
use crate::report::Row;
use crate::section::Filter;

/// What rows of this part are marked with.
pub(crate) const SECTION: &str = "dispatch";

/// How long the turns may take.
const LIMIT: Duration = Duration::from_secs(120);

/// How many methods there are.
const COUNTS: [usize; 5] = [10, 100, 1000, 10_000, 100_000];

/// Measures dispatching.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    let rows = hold(SECTION, contests(filter, &COUNTS), LIMIT);
    let ours = |measure: &str| rows.iter().find(|row| row.measure() == measure).map(Row::ours);
    let flat = ours("literal/10000").zip(ours("literal/10")).map(|(many, few)| many / few);
    let flat = flat.map(|flat| Row::ratio(SECTION, "flat/literal", flat));
    rows.into_iter().chain(flat).chain(allocations::rows(filter)).for_each(emit);
}

fn contests(filter: &Filter, counts: &[usize]) -> Vec<Contest> {
    let mut contests = Vec::new();
    for case in Case::ALL {
        for &count in counts {
            let times: &[_] = if case.can_be_cached() { &["/first", "/repeated"] } else { &[""] };
            for time in times {
                let measure = format!("{}/{count}{time}", case.name());
                if filter.passes(&measure) {
                    let first = *time == "/first";
                    let ours = ours::side(case, count, first);
                    let peers = peers(case, count, first);
                    contests.push(Contest { measure, pace: Pace::Short, ours, peers });
                }
            }
        }
    }
    contests
}

/// Nobody else has to wade through a hundred thousand methods.
#[cfg(feature = "peers")]
fn peers(case: Case, count: usize, first: bool) -> Vec<Box<dyn Side>> {
    if count > 10_000 {
        return Vec::new();
    }
    liblo::side(case, count).into_iter().chain([rosc::side(case, count, first)]).collect()
}

#[cfg(not(feature = "peers"))]
fn peers(_: Case, _: usize, _: bool) -> Vec<Box<dyn Side>> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let mut contests = contests(&Filter::default(), &[10, 1000]);
        assert_eq!(contests.len(), 22);
        contests.iter_mut().for_each(Contest::check);
    }
}
