//! Sides that do the same work take turns, and the medians of their times are compared.

use std::fmt;
use std::time::{Duration, Instant};

use crate::report::Row;

/// How often the work is done before anything is timed: what a side makes when it is first needed is there then.
const WARM_UP: u64 = 16;
/// How long a turn takes about: far above what reading the clock costs, short enough that all sides of a contest meet
/// the machine in the same mood.
const TURN: Duration = Duration::from_micros(300);
/// How many turns each side has. Odd, so that the median is one of them.
const TURNS: usize = 501;

/// Checks that the sides of each contest do the same work, then times them all. A row for each peer, or one without.
///
/// All contests go on at once, a turn of each side at a time: a bad second of the machine takes a few turns from
/// everyone, not all turns from one. After `limit` there are no more turns, for nobody.
///
/// # Panics
///
/// When two sides differ in what comes out, or no turn of a side counted.
pub fn hold(section: &'static str, contests: Vec<Contest>, limit: Duration) -> Vec<Row> {
    let start = Instant::now();
    let mut running: Vec<_> = contests.into_iter().map(Running::new).collect();
    for turn in 0..TURNS {
        running.iter_mut().for_each(|contest| contest.turn(turn));
        if start.elapsed() > limit {
            break;
        }
    }
    running.into_iter().flat_map(|contest| contest.rows(section)).collect()
}

/// One side's way to do the work.
pub trait Side {
    /// Who it is; "oscine" is us.
    fn name(&self) -> &'static str;

    /// Does the work `n` times.
    ///
    /// # Panics
    ///
    /// When the work cannot be done.
    fn run(&mut self, n: u64);

    /// What came out the last time: the same on all sides, or else one of them did other work.
    fn outcome(&self) -> Outcome<'_>;

    /// Does the work `n` times and adds to `times` what one time took, in nanoseconds.
    ///
    /// A side that has to prepare its work does so off the clock. It adds nothing when the turn does not count, and
    /// several values when it times several pieces of its work.
    ///
    /// # Panics
    ///
    /// When the work cannot be done.
    fn turn(&mut self, n: u64, times: &mut Vec<f64>) {
        let start = Instant::now();
        self.run(n);
        times.push(per(start.elapsed(), n));
    }
}

/// What comes out of the work.
#[derive(PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// The sum of what was read.
    Sum(u64),
    /// The bytes that were written.
    Bytes(&'a [u8]),
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sum(sum) => write!(f, "sum {sum}"),
            Self::Bytes(bytes) => write!(f, "{} bytes: {}", bytes.len(), bytes.escape_ascii()),
        }
    }
}

/// How often the work is done in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pace {
    /// As often as fits into a turn of 0.3 ms; each side finds out for itself.
    Short,
    /// This often, on all sides.
    Fixed(u64),
}

/// A measure and the sides that are compared by it: us first, then the peers.
#[expect(missing_debug_implementations, reason = "sides are closures")]
pub struct Contest {
    /// What the measure is called.
    pub(crate) measure: String,
    /// How often the work is done in a turn.
    pub(crate) pace: Pace,
    /// Us.
    pub(crate) ours: Box<dyn Side>,
    /// The others, maybe none.
    pub(crate) peers: Vec<Box<dyn Side>>,
}

impl Contest {
    /// What the measure is called.
    #[must_use]
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// Us.
    pub fn ours(&mut self) -> &mut dyn Side {
        &mut *self.ours
    }

    /// Checks that all sides do the same work.
    ///
    /// # Panics
    ///
    /// When two sides differ in what comes out.
    pub fn check(&mut self) {
        self.ours.run(1);
        for peer in &mut self.peers {
            peer.run(1);
            assert_eq!(
                self.ours.outcome(),
                peer.outcome(),
                "{}: oscine (left) and {} (right) did different work",
                self.measure,
                peer.name()
            );
        }
    }
}

/// A contest and the times so far.
struct Running {
    measure: String,
    /// Us first.
    sides: Vec<Timed>,
}

impl Running {
    fn new(mut contest: Contest) -> Self {
        contest.check();
        let sides = std::iter::once(contest.ours).chain(contest.peers);
        let timed = |side| match contest.pace {
            Pace::Short => Timed::calibrated(side),
            Pace::Fixed(n) => Timed::new(side, n),
        };
        Self { measure: contest.measure, sides: sides.map(timed).collect() }
    }

    fn turn(&mut self, turn: usize) {
        // Who follows whom changes, so that nobody always pays for the same one's traces in the caches.
        let first = turn % self.sides.len();
        self.sides.rotate_left(first);
        self.sides.iter_mut().for_each(Timed::turn);
        self.sides.rotate_right(first);
    }

    fn rows(self, section: &'static str) -> Vec<Row> {
        let mut results = self.sides.into_iter().map(|side| {
            let name = side.side.name();
            assert!(!side.nanos.is_empty(), "{}: no turn of {name} counted", self.measure);
            (name, median(side.nanos))
        });
        let (_, ours) = results.next().unwrap_or_default();
        let peers: Vec<_> = results.collect();
        if peers.is_empty() {
            return vec![Row::nanos(section, self.measure, ours, None)];
        }
        let row = |peer| Row::nanos(section, self.measure.clone(), ours, Some(peer));
        peers.into_iter().map(row).collect()
    }
}

/// A side and its times.
struct Timed {
    side: Box<dyn Side>,
    /// How often a turn does the work.
    n: u64,
    /// What the work took, turn for turn, in nanoseconds.
    nanos: Vec<f64>,
}

impl Timed {
    fn new(side: Box<dyn Side>, n: u64) -> Self {
        Self { side, n, nanos: Vec::with_capacity(TURNS) }
    }

    /// Warms up, and finds out how often the work fits into a turn.
    fn calibrated(mut side: Box<dyn Side>) -> Self {
        side.run(WARM_UP);
        let mut n = 1;
        loop {
            // The quickest of three: a turn in which the system was elsewhere would make all turns too short, and short
            // turns measure cold caches.
            let quickest = (0..3).map(|_| {
                let start = Instant::now();
                side.run(n);
                start.elapsed()
            });
            if quickest.min() >= Some(TURN) {
                return Self::new(side, n);
            }
            n = n * 5 / 4 + 1;
        }
    }

    fn turn(&mut self) {
        self.side.turn(self.n, &mut self.nanos);
    }
}

/// What one of `n` times took, in nanoseconds.
#[expect(clippy::cast_precision_loss, reason = "a turn has few nanoseconds and repetitions")]
pub(crate) fn per(elapsed: Duration, n: u64) -> f64 {
    elapsed.as_nanos() as f64 / n as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}
