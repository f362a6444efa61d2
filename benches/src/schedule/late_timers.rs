//! Bare timers in a task of tokio's.

use std::os::fd::OwnedFd;
use std::time::Duration;

use oscine::TimeTag;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep_until};

use crate::schedule::late::{Punctual, late_by, now};

struct Sleeps(Runtime);

struct Timerfd {
    runtime: Runtime,
    fd: AsyncFd<OwnedFd>,
}

pub(crate) fn tokio_sleep() -> Box<dyn Punctual> {
    Box::new(Sleeps(runtime()))
}

pub(crate) fn timerfd() -> Box<dyn Punctual> {
    let runtime = runtime();
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let fd = timerfd_create(TimerfdClockId::Monotonic, flags).expect("a timer");
    let fd = {
        let _inside = runtime.enter();
        #[allow(
            deprecated,
            reason = "an OwnedFd keeps the promise that the unsafe successor asks its caller for"
        )]
        AsyncFd::with_interest(fd, Interest::READABLE).expect("a descriptor for tokio")
    };
    Box::new(Timerfd { runtime, fd })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

impl Punctual for Sleeps {
    fn name(&self) -> &'static str {
        "tokio_sleep"
    }

    fn run(&mut self, due: &[TimeTag]) -> Vec<f64> {
        self.0.block_on(async {
            let mut late = Vec::new();
            for &due in due {
                sleep_until(Instant::now() + due.since(now())).await;
                late.push(late_by(due));
            }
            late
        })
    }
}

impl Punctual for Timerfd {
    fn name(&self) -> &'static str {
        "timerfd"
    }

    fn run(&mut self, due: &[TimeTag]) -> Vec<f64> {
        let Self { runtime, fd } = self;
        runtime.block_on(async {
            let mut late = Vec::new();
            for &due in due {
                wait(fd, due.since(now())).await;
                late.push(late_by(due));
            }
            late
        })
    }
}

async fn wait(fd: &AsyncFd<OwnedFd>, length: Duration) {
    let it_value = Timespec::try_from(length.max(Duration::from_nanos(1))).expect("it is short");
    let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
    let spec = Itimerspec { it_interval, it_value };
    timerfd_settime(fd.get_ref(), TimerfdTimerFlags::empty(), &spec).expect("it is a timer");
    loop {
        let mut ready = fd.readable().await.expect("the runtime runs");
        if let Ok(read) = ready.try_io(|fd| Ok(rustix::io::read(fd, &mut [0; 8])?)) {
            assert_eq!(read.expect("it has expired"), 8);
            return;
        }
    }
}
