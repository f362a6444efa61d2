//! Where a clock has its time from.

use std::time::{Instant, SystemTime};

use oscine_codec::TimeTag;
use tokio::sync::watch;

use crate::clock::simulated::SimulatedTime;

/// What tells the time.
pub(crate) enum Source {
    /// The system's two clocks.
    System { start: Start },
    /// Two others.
    Given { start: Start, wall: Box<Wall>, monotonic: Box<Monotonic> },
    /// What a test says.
    Simulated(watch::Receiver<SimulatedTime>),
}

pub(crate) type Wall = dyn Fn() -> SystemTime + Send + Sync;
pub(crate) type Monotonic = dyn Fn() -> Instant + Send + Sync;

/// Where the line begins: what the wall clock said, and the monotonic clock right after that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) tag: TimeTag,
    pub(crate) instant: Instant,
}

/// What the wall clock said, and the line before and after that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) before: TimeTag,
    pub(crate) wall: TimeTag,
    pub(crate) after: TimeTag,
}

impl Source {
    pub(crate) fn system() -> Self {
        Self::System { start: Start::read(&SystemTime::now, &Instant::now) }
    }

    pub(crate) fn given(wall: Box<Wall>, monotonic: Box<Monotonic>) -> Self {
        let start = Start::read(&wall, &monotonic);
        Self::Given { start, wall, monotonic }
    }

    /// What the line says.
    pub(crate) fn now(&self) -> TimeTag {
        match self {
            Self::System { start } => start.at(Instant::now()),
            Self::Given { start, monotonic, .. } => start.at(monotonic()),
            Self::Simulated(time) => time.borrow().line,
        }
    }

    pub(crate) fn read(&self) -> Reading {
        let before = self.now();
        let wall = match self {
            Self::System { .. } => SystemTime::now().into(),
            Self::Given { wall, .. } => wall().into(),
            Self::Simulated(time) => time.borrow().wall(),
        };
        Reading { before, wall, after: self.now() }
    }

    /// Where the line begins, unless it is simulated.
    pub(crate) const fn start(&self) -> Option<Start> {
        match self {
            Self::System { start } | Self::Given { start, .. } => Some(*start),
            Self::Simulated(_) => None,
        }
    }
}

/// How often the two clocks are read for the two readings that are closest together: the first may take microseconds.
const READINGS: usize = 5;

impl Start {
    /// Reads both clocks, the monotonic one second. So the line is never ahead of the wall clock, and nothing runs
    /// early; what lies between the two readings is how late everything is.
    fn read(wall: &dyn Fn() -> SystemTime, monotonic: &dyn Fn() -> Instant) -> Self {
        let read = || {
            let (before, wall, instant) = (monotonic(), wall(), monotonic());
            (instant.saturating_duration_since(before), Self { tag: wall.into(), instant })
        };
        let first = read();
        let tightest =
            (1..READINGS).map(|_| read()).fold(first, |a, b| if b.0 < a.0 { b } else { a });
        tightest.1
    }

    pub(crate) fn at(self, instant: Instant) -> TimeTag {
        let tag = self.tag + instant.saturating_duration_since(self.instant);
        // Those two are no times; the line passes them once an era.
        TimeTag(tag.0.max(2))
    }
}
