//! A clock whose time is told.

use std::sync::Arc;
use std::time::Duration;

use oscine_codec::TimeTag;
use tokio::sync::watch;

use crate::time_offset::TimeOffset;

/// The hand of a simulated clock: its time moves only when it is told to, and whoever waits for a time wakes then.
///
/// Made by [`Clock::simulated`](crate::Clock::simulated). Cheap to clone; clones move the same clock. When all of them
/// are gone, time stands still.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oscine::{Clock, TimeTag};
///
/// let start = TimeTag::from_unix(1_600_000_000, 0);
/// let (clock, hand) = Clock::simulated(start);
/// assert_eq!(clock.now(), start);
/// hand.advance(Duration::from_secs(1));
/// assert_eq!(clock.now(), TimeTag::from_unix(1_600_000_001, 0));
/// ```
///
/// A show that is tested in no time:
///
/// ```
/// use std::time::Duration;
/// use futures::StreamExt;
/// use oscine::{AddressSpace, Bundle, Clock, Message, Server, TimeTag};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (clock, hand) = Clock::simulated(TimeTag::from_unix(1_600_000_000, 0));
/// let space = AddressSpace::new();
/// space.method("/cue", |number: i32| println!("cue {number}"))?;
/// let server = Server::builder().udp("127.0.0.1:0").clock(clock.clone()).address_space(space);
/// let server = server.bind().await?;
/// let handle = server.handle();
/// let mut cues = handle.subscribe_as::<(i32,)>("/cue")?;
/// tokio::spawn(server.serve().into_future());
///
/// for minute in 1..=3_u32 {
///     let at = clock.now() + minute * Duration::from_secs(60);
///     handle.dispatch(Bundle::new(at, [Message::new("/cue", minute)?])?).await?;
/// }
/// hand.advance(Duration::from_secs(120));
/// assert_eq!((cues.next().await, cues.next().await), (Some((1,)), Some((2,))));
/// assert_eq!(handle.pending().len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SimulatedClock {
    time: Arc<watch::Sender<SimulatedTime>>,
}

/// What the two clocks of a simulation say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimulatedTime {
    /// The line, which is monotonic.
    pub(crate) line: TimeTag,
    /// Where the line stood, and how long ago, less than a second: what is let pass is not cut to steps again and again.
    whole: TimeTag,
    since: Duration,
    /// From the line to the wall clock.
    stepped: TimeOffset,
}

impl SimulatedTime {
    pub(crate) const fn wall(self) -> TimeTag {
        self.stepped.incoming(self.line)
    }
}

impl SimulatedClock {
    pub(crate) fn starting(start: TimeTag) -> (Self, watch::Receiver<SimulatedTime>) {
        let line = TimeTag(start.0.max(2));
        let (since, stepped) = (Duration::ZERO, TimeOffset::ZERO);
        let time = SimulatedTime { line, whole: line, since, stepped };
        let (sender, receiver) = watch::channel(time);
        (Self { time: Arc::new(sender) }, receiver)
    }

    /// Lets so much time pass: to the nearest step of 2⁻³² s, and many times as long as all of them together.
    pub fn advance(&self, by: Duration) {
        self.time.send_modify(|time| {
            let passed = time.since.saturating_add(by);
            let seconds = Duration::from_secs(passed.as_secs());
            time.whole = TimeOffset::ahead(seconds).incoming(time.whole);
            time.since = passed - seconds;
            time.line = TimeOffset::ahead(time.since).incoming(time.whole);
        });
    }

    /// Lets time pass until then. Time does not go back: an earlier time, or one that is now, changes nothing.
    pub fn set(&self, to: TimeTag) {
        self.time.send_if_modified(|time| {
            let moves = to.is_after(time.line);
            if moves {
                (time.line, time.whole, time.since) = (to, to, Duration::ZERO);
            }
            moves
        });
    }

    /// Sets the wall clock ahead, or back, while no time passes: what someone at the system's settings does.
    ///
    /// What waits does not move. [`Clock::check`](crate::Clock::check) notices.
    pub fn step_wall(&self, by: TimeOffset) {
        self.time.send_modify(|time| time.stepped = time.stepped + by);
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> TimeTag {
        self.time.borrow().line
    }
}
