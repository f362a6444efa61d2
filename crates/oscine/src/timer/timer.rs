//! The timer.

use std::future::pending;
use std::hint::spin_loop;
use std::io;
use std::time::{Duration, Instant};

use oscine_codec::TimeTag;
use tokio::sync::watch;

use crate::clock::clock::Clock;
use crate::clock::simulated::SimulatedTime;
use crate::time_offset::TimeOffset;
#[cfg(not(target_os = "linux"))]
use crate::timer::thread::Alarm;
#[cfg(target_os = "linux")]
use crate::timer::timerfd::Alarm;

/// A timer with one deadline, by a clock. Never early, but for its precision.
#[derive(Debug)]
pub(crate) struct Timer {
    clock: Clock,
    wait: Wait,
    precision: Duration,
    slack: Duration,
    /// The deadline, as far as it may slip.
    due: Option<TimeTag>,
    /// The deadline that has elapsed, but for the precision.
    elapsed: Option<TimeTag>,
}

/// What wakes us.
#[derive(Debug)]
enum Wait {
    System(Alarm),
    Simulated(watch::Receiver<SimulatedTime>),
}

/// Nobody else runs on the thread while it spins, so it does not spin for longer.
const MAX_PRECISION: Duration = Duration::from_millis(1);

impl Timer {
    /// A timer without a deadline.
    pub(crate) fn new(clock: Clock) -> io::Result<Self> {
        let wait = match clock.simulated_time() {
            Some(time) => Wait::Simulated(time),
            None => Wait::System(Alarm::new()?),
        };
        let (precision, slack) = (Duration::ZERO, Duration::ZERO);
        Ok(Self { clock, wait, precision, slack, due: None, elapsed: None })
    }

    /// Wakes so much before a deadline, 1 ms at the most, and spins until it. Default zero.
    pub(crate) fn precision(mut self, precision: Duration) -> Self {
        self.precision = precision.min(MAX_PRECISION);
        self
    }

    /// Lets deadlines slip by so much at the most, so that those close to each other need one waking. Default zero.
    pub(crate) const fn late_slack(mut self, slack: Duration) -> Self {
        self.slack = slack;
        self
    }

    /// Sets the deadline, by the clock. Costs nothing when it is the same as before.
    pub(crate) fn set(&mut self, due: Option<TimeTag>) -> io::Result<()> {
        let due = due.map(|due| round_up(due, self.slack));
        if due == self.due {
            return Ok(());
        }
        if let Wait::System(alarm) = &mut self.wait {
            let instant = due.and_then(|due| self.clock.instant(due));
            let before = |it: Instant| it.checked_sub(self.precision).unwrap_or(it);
            alarm.set(instant.map(before))?;
        }
        self.due = due;
        Ok(())
    }

    /// Waits for the deadline, but for the precision; without one, for ever. It is unset then, and what is left until
    /// the deadline is time to prepare for it, and then to [`spin`](Self::spin).
    ///
    /// Cancel safe. If it does not complete, the deadline stands.
    pub(crate) async fn elapsed(&mut self) -> io::Result<()> {
        match &mut self.wait {
            Wait::System(alarm) => {
                alarm.elapsed().await?;
            }
            Wait::Simulated(time) => {
                let Some(due) = self.due else { return pending().await };
                if time.wait_for(|time| !due.is_after(time.line)).await.is_err() {
                    // Nobody moves the time any more.
                    return pending().await;
                }
            }
        }
        self.elapsed = self.due.take();
        Ok(())
    }

    /// Whether it [elapses](Self::elapsed) before the deadline.
    pub(crate) const fn is_precise(&self) -> bool {
        !self.precision.is_zero() && matches!(self.wait, Wait::System(_))
    }

    /// Spins until so long before the deadline that has elapsed, which is the precision at the most.
    pub(crate) fn spin(&mut self, before: Duration) {
        let Some(due) = self.elapsed.take() else { return };
        let start = Instant::now();
        // Bounded, whatever the clock does.
        while due.is_after(self.clock.now() + before) && start.elapsed() <= MAX_PRECISION {
            spin_loop();
        }
    }
}

/// The next multiple of `slack` from `due` on.
fn round_up(due: TimeTag, slack: Duration) -> TimeTag {
    let slack = TimeOffset::ahead(slack).steps().unsigned_abs();
    let missing = due.0.checked_rem(slack).map_or(0, |above| (slack - above) % slack);
    TimeOffset::from_steps(i64::try_from(missing).unwrap_or(0)).incoming(due)
}

#[cfg(test)]
mod tests {
    use tokio_test::{assert_pending, assert_ready_ok, task};

    use super::*;

    #[tokio::test]
    async fn is_never_early_however_precise() {
        for precision in [0, 50, 1_000, 1_000_000].map(Duration::from_micros) {
            let clock = Clock::system();
            let mut timer = Timer::new(clock.clone()).unwrap().precision(precision);
            for micros in [0, 1, 10, 300, 2_500] {
                let due = clock.now() + Duration::from_micros(micros);
                timer.set(Some(due)).unwrap();
                timer.elapsed().await.unwrap();
                timer.spin(Duration::ZERO);
                assert!(!due.is_after(clock.now()), "{precision:?} {micros}");
            }
        }
    }

    #[test]
    fn slack_moves_a_deadline_later_and_never_by_more() {
        let slack = Duration::from_millis(10);
        let start = TimeTag::from_unix(1_600_000_000, 0);
        let mut wakings = std::collections::BTreeSet::new();
        for micros in (0..1_000_000).step_by(777) {
            let due = start + Duration::from_micros(micros);
            let slipped = round_up(due, slack);
            assert!(!due.is_after(slipped) && slipped.since(due) <= slack, "{due}");
            assert_eq!(round_up(due, Duration::ZERO), due);
            wakings.insert(slipped);
        }
        assert!(wakings.len() <= 101, "{}", wakings.len());
    }

    #[test]
    fn simulated_time_wakes_when_it_is_told() {
        let start = TimeTag(u64::MAX << 32);
        let (clock, hand) = Clock::simulated(start);
        let second = Duration::from_secs(1);
        let mut timer = Timer::new(clock).unwrap().precision(second);
        let mut elapsed = |due| {
            timer.set(Some(due)).unwrap();
            let mut elapsed = task::spawn(timer.elapsed());
            assert_pending!(elapsed.poll());
            hand.advance(second);
            assert!(elapsed.is_woken(), "time has moved");
            assert_pending!(elapsed.poll());
            hand.advance(second);
            assert_ready_ok!(elapsed.poll());
        };
        elapsed(start + 2 * second);
        elapsed(start + 4 * second);
        timer.set(None).unwrap();
        assert_pending!(task::spawn(timer.elapsed()).poll());
        timer.set(Some(start)).unwrap();
        assert_ready_ok!(task::spawn(timer.elapsed()).poll());
        timer.set(Some(start + 9 * second)).unwrap();
        drop(hand);
        assert_pending!(task::spawn(timer.elapsed()).poll());
    }
}
