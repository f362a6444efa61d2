//! Asking one peer for its time, again and again.

use std::time::Duration;

use oscine_codec::TimeTag;

use crate::clock::estimator::{BadSample, OffsetEstimator};
use crate::peers::learn::options::{LEAST_INTERVAL, OffsetOptions};

/// One peer that is asked for its time.
///
/// ```text
///               turn                       answered
///   waits ─────────────────► asked ──────────────────► waits: 100 ms, or the interval
///     ▲    no room: waits      │ turn: time-out
///     │                        ├──► asked again
///     └──────── rests ◄────────┘ the fourth in a row, or one after a rest
/// ```
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) estimator: OffsetEstimator,
    asked: Option<Question>,
    /// When it is looked at again.
    next: TimeTag,
    /// Questions that were answered.
    answered: u32,
    /// Questions in a row that were not.
    silent: u32,
    /// How many packets of the peer there were when it fell silent.
    packets: u64,
    /// Whether it is one of those that are asked, and no other may be in its place.
    has_place: bool,
    pub(crate) unanswered: u64,
}

/// A question that is not answered yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) random: i64,
    sent: TimeTag,
}

impl Asking {
    /// It has its turn at once.
    pub(crate) fn new(options: &OffsetOptions) -> Self {
        Self {
            estimator: OffsetEstimator::new().window(options.window),
            asked: None,
            next: TimeTag::IMMEDIATE,
            answered: 0,
            silent: 0,
            packets: 0,
            has_place: false,
            unanswered: 0,
        }
    }

    /// When it has its next turn; [`TimeTag::IMMEDIATE`] is at once.
    pub(crate) const fn next(&self) -> TimeTag {
        self.next
    }

    pub(crate) const fn has_place(&self) -> bool {
        self.has_place
    }

    pub(crate) const fn question(&self) -> Option<Question> {
        self.asked
    }

    /// Has its turn: says whether to ask now, with this random number. `packets` is how many the peer has sent, and
    /// `room` whether one more may be asked.
    pub(crate) fn turn(
        &mut self,
        options: &OffsetOptions,
        now: TimeTag,
        packets: u64,
        room: bool,
        random: i64,
    ) -> bool {
        if self.asked.take().is_some() {
            self.unanswered += 1;
            self.silent = self.silent.saturating_add(1);
            if self.silent >= PATIENCE {
                self.has_place = false;
                self.packets = packets;
                self.next = now + self.rest();
                return false;
            }
        }
        if self.silent >= PATIENCE && packets == self.packets {
            self.next = now + self.rest();
            return false;
        }
        if !self.has_place && !room {
            self.next = now + UNTIL_ROOM;
            return false;
        }
        self.has_place = true;
        self.asked = Some(Question { random, sent: now });
        self.next = now + options.timeout;
        true
    }

    /// The last question was answered: what time it was there, if that could be read. `None` when there is no question.
    pub(crate) fn answered(
        &mut self,
        options: &OffsetOptions,
        clock: Option<TimeTag>,
        received: TimeTag,
    ) -> Option<Result<(), BadSample>> {
        let Question { sent, .. } = self.asked.take()?;
        self.silent = 0;
        self.answered = self.answered.saturating_add(1);
        let quick = self.answered < QUICK;
        self.next = sent + if quick { LEAST_INTERVAL } else { options.interval };
        let clock = clock.ok_or(BadSample::NoTime);
        Some(clock.and_then(|clock| self.estimator.sample(sent, clock, received).map(|_| ())))
    }

    fn rest(&self) -> Duration {
        let doubled = self.silent.saturating_sub(PATIENCE).min(6);
        (FIRST_REST * (1 << doubled)).min(LONGEST_REST)
    }
}

/// So many questions in a row are asked of who does not answer.
const PATIENCE: u32 = 4;

/// How long a peer rests then; doubled each time.
const FIRST_REST: Duration = Duration::from_secs(1);

/// How long it rests at most.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// When a peer has another turn that found no room.
const UNTIL_ROOM: Duration = Duration::from_secs(1);

/// So many questions are asked in quick succession.
const QUICK: u32 = 8;
