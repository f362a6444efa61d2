//! How long the peer is waited for.

use core::{
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::Instant;

use crate::codec::stream_error::StreamError;
use crate::connection::alarm::Alarm;

/// How long is waited for what the peer sends.
///
/// It is asked only when there is nothing to read, so packets that arrive cost nothing here.
#[derive(Debug)]
pub(super) struct Patience {
    idle: Option<Duration>,
    frame: Option<Duration>,
    /// How many bytes had arrived when it was last asked, and since when that is so.
    heard: Option<(u64, Instant)>,
    /// Where in the stream the unfinished packet begins, and since when it is there.
    begun: Option<(u64, Instant)>,
    alarm: Alarm,
}

impl Patience {
    pub(super) fn new(idle: Option<Duration>, frame: Option<Duration>) -> Self {
        Self { idle, frame, heard: None, begun: None, alarm: Alarm::default() }
    }

    /// Waits until the peer, who has sent `read` bytes so far of which the last `unfinished` are of
    /// a packet that is not whole, has taken too long.
    pub(super) fn poll(
        &mut self,
        read: u64,
        unfinished: u64,
        cx: &mut Context<'_>,
    ) -> Poll<StreamError> {
        if self.idle.is_none() && (self.frame.is_none() || unfinished == 0) {
            self.begun = None;
            return Poll::Pending;
        }
        loop {
            let Some((deadline, error)) = self.next(read, unfinished) else {
                return Poll::Pending;
            };
            let now = ready!(self.alarm.poll(deadline, cx));
            let late = now.saturating_duration_since(deadline);
            if late <= UNATTENDED || matches!(error, StreamError::Idle { .. }) {
                return Poll::Ready(error);
            }
            // Nobody read in the meantime, which is not the peer's fault.
            self.begun = None;
        }
    }

    /// Notes what has changed, and says what is due next.
    fn next(&mut self, read: u64, unfinished: u64) -> Option<(Instant, StreamError)> {
        let idle = self.idle.and_then(|limit| {
            let deadline = since(&mut self.heard, read).checked_add(limit)?;
            Some((deadline, StreamError::Idle { limit }))
        });
        let start = read.saturating_sub(unfinished);
        let frame = match self.frame {
            Some(limit) if unfinished > 0 => {
                let deadline = since(&mut self.begun, start).checked_add(limit);
                deadline.map(|deadline| (deadline, StreamError::Slow { limit }))
            }
            _ => {
                self.begun = None;
                None
            }
        };
        match (idle, frame) {
            (Some(idle), Some(frame)) => Some(if frame.0 <= idle.0 { frame } else { idle }),
            (idle, frame) => idle.or(frame),
        }
    }
}

/// How long is waited for the peer to take what is sent.
#[derive(Debug)]
pub(super) struct Stall {
    limit: Option<Duration>,
    /// How many bytes the peer had taken when it was last asked, and since when that is so.
    taken: Option<(u64, Instant)>,
    alarm: Alarm,
}

impl Stall {
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, taken: None, alarm: Alarm::default() }
    }

    /// Waits until the peer, who has taken `written` bytes so far, has taken no more for too long;
    /// answers with how long that was to be at most.
    pub(super) fn poll(&mut self, written: u64, cx: &mut Context<'_>) -> Poll<Duration> {
        let Some(limit) = self.limit else { return Poll::Pending };
        match since(&mut self.taken, written).checked_add(limit) {
            Some(deadline) => self.alarm.poll(deadline, cx).map(|_| limit),
            None => Poll::Pending,
        }
    }

    /// Everything has been taken.
    pub(super) fn clear(&mut self) {
        self.taken = None;
    }
}

/// Since when `count` is what it is.
fn since(mark: &mut Option<(u64, Instant)>, count: u64) -> Instant {
    match mark {
        Some((last, since)) if *last == count => *since,
        _ => mark.insert((count, Instant::now())).1,
    }
}

/// How late a deadline may be noticed by one who reads all the time.
const UNATTENDED: Duration = Duration::from_secs(1);
