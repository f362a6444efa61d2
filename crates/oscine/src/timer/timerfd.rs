//! Waking up by a timer file descriptor.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// What goes off at one deadline.
#[derive(Debug)]
pub(crate) struct Alarm {
    fd: AsyncFd<OwnedFd>,
    deadline: Option<Instant>,
}

impl Alarm {
    /// An alarm without a deadline.
    pub(crate) fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[allow(
            deprecated,
            reason = "an OwnedFd keeps the promise that the unsafe successor asks its caller for"
        )]
        let fd = AsyncFd::with_interest(fd, Interest::READABLE)?;
        Ok(Self { fd, deadline: None })
    }

    /// Sets the deadline. Costs nothing when it is the same as before.
    pub(crate) fn set(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        if deadline == self.deadline {
            return Ok(());
        }
        let wait = deadline.map_or(Duration::ZERO, |deadline| {
            // Zero would switch the timer off.
            deadline.saturating_duration_since(Instant::now()).max(Duration::from_nanos(1))
        });
        let it_value =
            Timespec::try_from(wait).unwrap_or(Timespec { tv_sec: i64::MAX, tv_nsec: 0 });
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let spec = Itimerspec { it_interval, it_value };
        timerfd_settime(self.fd.get_ref(), TimerfdTimerFlags::empty(), &spec)?;
        self.deadline = deadline;
        Ok(())
    }

    /// Waits for the deadline; without one, for ever.
    ///
    /// Cancel safe. If it does not complete, the deadline stands.
    pub(crate) async fn elapsed(&mut self) -> io::Result<()> {
        loop {
            let mut guard = self.fd.readable().await?;
            let read = guard.try_io(|fd| {
                rustix::io::read(fd, &mut [0; 8]).map_err(|error: Errno| error.into())
            });
            // "Would block" means that the deadline was moved after the descriptor had become readable.
            if let Ok(read) = read {
                self.deadline = None;
                return read.map(drop);
            }
        }
    }
}
