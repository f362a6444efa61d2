//! The clock.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use oscine_codec::TimeTag;
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::clock::simulated::{SimulatedClock, SimulatedTime};
use crate::clock::source::{Reading, Source, Start};
use crate::time_offset::TimeOffset;

/// The time that bundles are measured by: a line that is monotonic, and what it has to do with the wall clock.
///
/// The line begins at what the wall clock says when the clock is made, and goes on by the monotonic clock. So no step
/// of the wall clock moves what waits. What comes in later is mapped by [`offset`](Self::offset), which follows the wall
/// clock: a step is noticed by [`check`](Self::check) and [`follow`](Self::follow). When a machine was suspended, the
/// wall clock has stepped ahead. Equal time tags are equal deadlines as long as the offset is the same: once it has
/// followed, a tag may be due before an equal one that came in earlier.
///
/// The line is never ahead of the wall clock, but for a step that was not noticed yet: what runs by it does not run
/// early.
///
/// Cheap to clone; clones are the same clock, but for the offset of [`with_offset`](Self::with_offset).
///
/// # Examples
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use oscine::{Clock, TimeTag};
///
/// let clock = Clock::system();
/// let tag = TimeTag::from(SystemTime::now()) + Duration::from_secs(1);
/// let due = clock.offset().incoming(tag);
/// assert!(due.since(clock.now()) > Duration::from_millis(500));
/// ```
#[derive(Clone)]
pub struct Clock {
    shared: Arc<Shared>,
    fixed: TimeOffset,
}

struct Shared {
    source: Source,
    /// How far the line is ahead of the wall clock, in steps: written under the lock of `watched`.
    ahead: AtomicI64,
    /// How many steps of the wall clock were noticed.
    steps: AtomicU64,
    /// When `follow` last checked, by the line.
    followed: AtomicU64,
    /// When a step was last told as a warning, by the line; held while the wall clock is looked at.
    warned: Mutex<Option<TimeTag>>,
}

/// What differs by more is a step: 100 µs.
const STEP: i64 = micros(100);
/// A reading that took longer says too little: 50 µs.
const TIGHT: i64 = micros(50);
/// How often a reading that took too long is repeated.
const ATTEMPTS: usize = 5;
/// How long `follow` does not look again.
const FOLLOWED: Duration = Duration::from_millis(1);
/// How long a warning is not repeated.
const QUIET: Duration = Duration::from_secs(60);

impl Clock {
    /// A clock that agrees with the system's time as it is now.
    #[must_use]
    pub fn system() -> Self {
        Self::from_source(Source::system())
    }

    /// A clock with other sources than the system's: a wall clock that is disciplined by PTP or by a satellite, say.
    ///
    /// `monotonic` must not go back, and is what deadlines are told to the system's timers by.
    #[must_use]
    pub fn with_sources(
        wall: impl Fn() -> SystemTime + Send + Sync + 'static,
        monotonic: impl Fn() -> Instant + Send + Sync + 'static,
    ) -> Self {
        Self::from_source(Source::given(Box::new(wall), Box::new(monotonic)))
    }

    /// A clock for tests, that stands at `start`, and the hand that moves it.
    #[must_use]
    pub fn simulated(start: TimeTag) -> (Self, SimulatedClock) {
        let (hand, time) = SimulatedClock::starting(start);
        (Self::from_source(Source::Simulated(time)), hand)
    }

    fn from_source(source: Source) -> Self {
        let followed = source.now().0.into();
        let shared = Shared {
            source,
            ahead: AtomicI64::new(0),
            steps: AtomicU64::new(0),
            followed,
            warned: Mutex::new(None),
        };
        Self { shared: Arc::new(shared), fixed: TimeOffset::ZERO }
    }

    /// The same clock for senders who are off: their time tags become so much later. Default zero.
    #[must_use]
    pub const fn with_offset(mut self, offset: TimeOffset) -> Self {
        self.fixed = offset;
        self
    }

    /// What the line says now.
    #[must_use]
    pub fn now(&self) -> TimeTag {
        self.shared.source.now()
    }

    /// What the wall clock says now, as far as is known: what the time tags of bundles are made of that a server
    /// sends. Steps that were not noticed yet are not in it.
    ///
    /// A server takes the offsets of its peers off the tags of what it sends, the fixed one among them. So it is told
    /// the time by which it runs itself, and `SystemTime::now()` does as well.
    #[must_use]
    pub fn wall_now(&self) -> TimeTag {
        self.ahead().outgoing(self.now())
    }

    /// What the senders' clock says now, as far as is known: what they make the time tags of that are to come in here,
    /// with the fixed offset. What a server sends is made of [`wall_now`](Self::wall_now).
    #[must_use]
    pub fn sender_now(&self) -> TimeTag {
        self.offset().outgoing(self.now())
    }

    /// What to add to time tags that come in: from the wall clock to the line, and the fixed offset.
    #[must_use]
    pub fn offset(&self) -> TimeOffset {
        self.ahead() + self.fixed
    }

    /// The fixed offset alone, as [`with_offset`](Self::with_offset) has it.
    #[must_use]
    pub const fn fixed_offset(&self) -> TimeOffset {
        self.fixed
    }

    /// How far the line is ahead of the wall clock, as far as was noticed.
    pub(crate) fn ahead(&self) -> TimeOffset {
        TimeOffset::from_steps(self.shared.ahead.load(Ordering::Relaxed))
    }

    /// What the line said at an instant: not later than now. With a simulated clock it says what it says now.
    pub(crate) fn line_at(&self, instant: Instant) -> TimeTag {
        let now = self.now();
        let then = self.shared.source.start().map(|start| start.at(instant));
        then.filter(|then| now.is_after(*then)).unwrap_or(now)
    }

    /// How many steps of the wall clock were noticed.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.shared.steps.load(Ordering::Relaxed)
    }

    /// Looks at the wall clock, and answers with how far it has stepped since the last time, if it has.
    ///
    /// The wall clock is read between two looks at the monotonic one. Where they lie close together and it is more
    /// than 100 µs off, that is a step: it is counted, told in the log as a warning, once a minute at the most, and
    /// [`offset`](Self::offset) is new. If it is behind by less, the offset follows without a word.
    #[allow(
        clippy::must_use_candidate,
        reason = "the offset follows whether or not anybody wants to know"
    )]
    pub fn check(&self) -> Option<TimeOffset> {
        let mut warned = self.shared.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let reading = self.read_tightly()?;
        let ahead = self.ahead();
        // How far the wall clock is ahead of what is known of it: at least, and at most.
        let least = reading.wall.steps_since(ahead.outgoing(reading.after));
        let most = reading.wall.steps_since(ahead.outgoing(reading.before));
        if least <= STEP && most >= 0 {
            return None;
        }
        let new = TimeOffset::between(reading.wall, reading.after);
        self.shared.ahead.store(new.steps(), Ordering::Relaxed);
        if (-STEP..=STEP).contains(&most) {
            return None;
        }
        let by = TimeOffset::from_steps(if least > STEP { least } else { most });
        let steps = self.shared.steps.fetch_add(1, Ordering::Relaxed) + 1;
        let now = reading.after;
        if warned.is_none_or(|last| now.since(last) > QUIET) {
            *warned = Some(now);
            warn!(%by, steps, "the wall clock has stepped; what waits keeps its time");
        } else {
            debug!(%by, steps, "the wall clock has stepped");
        }
        Some(by)
    }

    /// [Checks](Self::check) at most once a millisecond. `now` is what the line says.
    ///
    /// Meant for every bundle that comes in, before its time tag is mapped.
    pub fn follow(&self, now: TimeTag) {
        let followed = &self.shared.followed;
        if now.since(TimeTag(followed.load(Ordering::Relaxed))) >= FOLLOWED || self.is_simulated() {
            followed.store(now.0, Ordering::Relaxed);
            self.check();
        }
    }

    /// When the line says `due`; never before that. `None` when the system cannot count so far, and when the clock is
    /// simulated.
    #[must_use]
    pub fn instant(&self, due: TimeTag) -> Option<Instant> {
        let start = self.start()?;
        // A nanosecond is about four steps of a time tag: one more makes up for rounding.
        let ahead = due.since(start.tag) + Duration::from_nanos(1);
        start.instant.checked_add(ahead)
    }

    /// Whether the line goes by the system's monotonic clock.
    pub(crate) fn is_system(&self) -> bool {
        matches!(self.shared.source, Source::System { .. })
    }

    /// Whether time moves only when it is told to.
    #[must_use]
    pub fn is_simulated(&self) -> bool {
        self.start().is_none()
    }

    /// Where the line begins, unless it is simulated.
    pub(crate) fn start(&self) -> Option<Start> {
        self.shared.source.start()
    }

    /// The simulated time, to be waited for.
    pub(crate) fn simulated_time(&self) -> Option<watch::Receiver<SimulatedTime>> {
        match &self.shared.source {
            Source::Simulated(time) => Some(time.clone()),
            _ => None,
        }
    }

    /// `None` when the system had other things to do in between, time and again.
    fn read_tightly(&self) -> Option<Reading> {
        let readings = std::iter::repeat_with(|| self.shared.source.read());
        readings.take(ATTEMPTS).find(|it| it.after.steps_since(it.before) <= TIGHT)
    }
}

const fn micros(micros: i64) -> i64 {
    (micros << 32) / 1_000_000
}

impl Default for Clock {
    /// [`system`](Self::system).
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now())
            .field("offset", &self.offset())
            .field("steps", &self.steps())
            .field("simulated", &self.is_simulated())
            .finish_non_exhaustive()
    }
}
