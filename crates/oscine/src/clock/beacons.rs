//! How far a peer's clock is off, from what it says unasked.

use std::collections::VecDeque;
use std::time::Duration;

use oscine_codec::TimeTag;

use crate::clock::estimator::BadSample;
use crate::clock::jumps::{JUMP, Jumps};
use crate::time_offset::TimeOffset;

/// Finds out how far a peer's clock is off from time tags that only come from there: beacons. Pure: it is told the
/// times.
///
/// How much later than its tag a beacon arrives is the offset and the delay on its way. The least of the last ones is
/// believed. So the offset is too large by the least delay, which nobody knows: what runs by it is later by that much,
/// and never early.
#[derive(Debug, Clone)]
pub(crate) struct Beacons {
    /// From the oldest to the newest, each the least of its time.
    heard: VecDeque<Heard>,
    window: usize,
    /// How long each stands for.
    slot: Duration,
    /// The tag of the last one.
    last: TimeTag,
    jumps: Jumps<TimeOffset>,
}

#[derive(Debug, Clone, Copy)]
struct Heard {
    /// With the delay.
    offset: TimeOffset,
    /// When the first of its time arrived.
    since: TimeTag,
    /// When the last one did.
    received: TimeTag,
}

impl Beacons {
    /// Looks at `window` times of `slot` each.
    pub(crate) const fn new(window: usize, slot: Duration) -> Self {
        let last = TimeTag::IMMEDIATE;
        Self { heard: VecDeque::new(), window, slot, last, jumps: Jumps::new() }
    }

    /// Takes a beacon in: what time it was for the peer, and when it arrived.
    ///
    /// A time that is earlier than expected by more than 10 s, and earlier than the last one, has jumped: the peer has
    /// begun to count anew. Without the latter it is a beacon that was held up. So has one that is later than expected
    /// by more than 128 ms.
    pub(crate) fn sample(&mut self, tag: TimeTag, received: TimeTag) -> Result<(), BadSample> {
        if tag.0 <= TimeTag::IMMEDIATE.0 || received.0 <= TimeTag::IMMEDIATE.0 {
            return Err(BadSample::NoTime);
        }
        let before = self.heard.back().map(|newest| newest.received);
        if let Some(before) = before.filter(|before| before.is_after(received)) {
            return Err(BadSample::Backwards { by: before.since(received) });
        }
        let offset = TimeOffset::between(tag, received);
        if let Some(least) = self.estimate() {
            let by = offset.steps_past(least);
            let agrees =
                |last: TimeOffset| offset.steps_past(last).unsigned_abs() <= JUMP.unsigned_abs();
            let anew = by > LONGEST_QUEUE && self.last.steps_since(tag) > JUMP;
            if by >= -JUMP && !anew {
                self.jumps.settle();
            } else if self.jumps.add(offset, agrees) {
                self.heard.clear();
            } else {
                return Err(BadSample::Jumped { by: TimeOffset::from_steps(by) });
            }
        }
        self.last = tag;
        self.keep(offset, received);
        Ok(())
    }

    /// What to add to the peer's time tags, as far as is known.
    pub(crate) fn estimate(&self) -> Option<TimeOffset> {
        let newest = self.heard.back()?.offset;
        self.heard.iter().map(|heard| heard.offset).min_by_key(|offset| offset.steps_past(newest))
    }

    fn keep(&mut self, offset: TimeOffset, received: TimeTag) {
        if let Some(newest) = self.heard.back_mut() {
            newest.received = received;
            if received.since(newest.since) < self.slot {
                if offset.steps_past(newest.offset) < 0 {
                    newest.offset = offset;
                }
                return;
            }
        }
        if self.heard.len() >= self.window {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard { offset, since: received, received });
    }
}

/// A beacon may be held up by so much: 10 s.
const LONGEST_QUEUE: i64 = 10 << 32;
