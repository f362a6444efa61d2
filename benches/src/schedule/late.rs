//! How late bundles run.

use std::time::{Duration, SystemTime};

use oscine::TimeTag;

use crate::report::Row;
use crate::schedule::{SECTION, late_ours, late_timers};

const ROUNDS: usize = 20;
const A_ROUND: usize = 20;

/// Who runs something at its time.
pub(crate) trait Punctual {
    /// Who it is.
    fn name(&self) -> &'static str;

    /// Runs something at each of these times, sorted, and says how many microseconds after its time that was.
    fn run(&mut self, due: &[TimeTag]) -> Vec<f64>;
}

/// A side, and how late it was.
struct Side {
    punctual: Box<dyn Punctual>,
    late: Vec<f64>,
}

pub(crate) fn rows() -> Vec<Row> {
    let [ours, precise, peers @ ..] = &hold(sides(), ROUNDS, A_ROUND)[..] else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for (name, percent) in [("min", 0), ("p50", 50), ("p99", 99)] {
        let measure = format!("lateness/{name}");
        let row = |peer: &Side| {
            let theirs = (peer.punctual.name(), at_percent(&peer.late, percent));
            Row::micros(SECTION, &*measure, at_percent(&ours.late, percent), Some(theirs))
        };
        rows.extend(peers.iter().map(row));
        let precise = at_percent(&precise.late, percent);
        rows.push(Row::micros(SECTION, format!("lateness/precise_{name}"), precise, None));
    }
    rows
}

/// Ours first, then ours with precision, then the peers.
fn sides() -> Vec<Box<dyn Punctual>> {
    let ours = |precision| Box::new(late_ours::Server::new(precision));
    let mut sides: Vec<Box<dyn Punctual>> =
        vec![ours(Duration::ZERO), ours(Duration::from_millis(1)), late_timers::timerfd()];
    sides.push(late_timers::tokio_sleep());
    #[cfg(feature = "peers")]
    sides.push(crate::schedule::late_liblo::side());
    sides
}

/// Sides take turns; how late each was, sorted.
fn hold(sides: Vec<Box<dyn Punctual>>, rounds: usize, a_round: usize) -> Vec<Side> {
    let mut sides: Vec<_> =
        sides.into_iter().map(|punctual| Side { punctual, late: Vec::new() }).collect();
    let count = sides.len();
    for round in 0..rounds {
        let first = round % count;
        sides.rotate_left(first);
        for Side { punctual, late } in &mut sides {
            let due = times(now(), round, a_round);
            let result = punctual.run(&due);
            assert_eq!(result.len(), due.len(), "{} has run all of them", punctual.name());
            late.extend(result);
        }
        sides.rotate_right(first);
    }
    sides.iter_mut().for_each(|side| side.late.sort_unstable_by(f64::total_cmp));
    sides
}

/// Times 5 to 500 ms ahead, sorted, and no round number of anything.
fn times(now: TimeTag, round: usize, count: usize) -> Vec<TimeTag> {
    let spread = 495_000 / count as u64;
    let ahead =
        |index: u64| 5_000 + index * spread + (index * 7919 + round as u64 * 104_729) % spread;
    (0..count as u64).map(|index| now + Duration::from_micros(ahead(index))).collect()
}

pub(crate) fn now() -> TimeTag {
    SystemTime::now().into()
}

/// How many microseconds it is now after `due`; negative if it is before.
#[expect(clippy::cast_precision_loss, reason = "some milliseconds at the most")]
pub(crate) fn late_by(due: TimeTag) -> f64 {
    now().steps_since(due) as f64 * 1e6 / (1_u64 << 32) as f64
}

fn at_percent(sorted: &[f64], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_run_all_and_ours_are_never_early() {
        let sides = hold(sides(), 1, 20);
        assert!(sides.iter().all(|side| side.late.len() == 20));
        for side in &sides[..4] {
            assert!(side.late[0] >= 0.0, "{}: {}", side.punctual.name(), side.late[0]);
        }
    }

    #[test]
    fn times_are_sorted_and_within_bounds() {
        let start = TimeTag::from_unix(1_600_000_000, 0);
        for round in 0..50 {
            let times = times(start, round, 20);
            assert!(times.is_sorted());
            let ahead = |tag: &TimeTag| tag.since(start).as_micros();
            assert!(times.iter().all(|tag| (5_000..=500_000).contains(&ahead(tag))));
        }
    }
}
