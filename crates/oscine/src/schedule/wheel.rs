//! Places in order of time, by a wheel of wheels.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Where an entry stands: when it is due, after whom, and where it is kept. The order is that in which entries run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// When it is due, in steps from some origin.
    pub(crate) at: u64,
    /// The number of its push: equal times are first in, first out.
    pub(crate) sequence: u64,
    /// The slot that the entry is in.
    pub(crate) slot: usize,
}

/// Places by time. Taking the earliest costs no comparison with most of the others.
///
/// A time is eleven digits of six bits. A place stands on the level of the first digit in which its time differs
/// from the cursor, in the bucket of that digit there. So whatever stands on a lower level is earlier than all that
/// stands above, and on a level lower buckets are earlier. The cursor moves to the earliest bucket; a bucket with
/// few places becomes the front, which is a small heap, one with many is spread over the levels below.
///
/// ```text
///            cursor  …  3  17  40 |  5   ← digits, the last level first
///  level 1   bucket 41: all of  …  3  17  41 |  *
///  level 2   bucket 18: all of  …  3  18   * |  *
/// ```
///
/// Invariant: what is due at the cursor or before stands in the front, all else in a bucket.
#[derive(Debug)]
pub(crate) struct Wheel {
    cursor: u64,
    front: BinaryHeap<Reverse<Place>>,
    /// Level after level, each of 64; none before they are needed.
    buckets: Vec<Bucket>,
    /// Which buckets of each level have places.
    occupied: [u64; LEVELS],
    /// Which levels have places.
    levels: u16,
    len: usize,
}

#[derive(Debug, Clone, Default)]
struct Bucket {
    places: Vec<Place>,
    /// The earliest time in it, if it has any.
    earliest: u64,
}

const BITS: u32 = 6;
const WIDTH: usize = 1 << BITS;
const LEVELS: usize = 11;
/// Buckets of at most this many places are not spread, but sorted as they are.
const FEW: usize = 64;

impl Wheel {
    /// Without places, its cursor there.
    pub(crate) const fn starting(cursor: u64) -> Self {
        Self {
            cursor,
            front: BinaryHeap::new(),
            buckets: Vec::new(),
            occupied: [0; LEVELS],
            levels: 0,
            len: 0,
        }
    }

    /// Takes all places out and sets the cursor.
    pub(crate) fn reset(&mut self, cursor: u64) {
        if self.len > 0 {
            *self = Self::starting(cursor);
        }
        self.cursor = cursor;
    }

    pub(crate) const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// How many places there are.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, place: Place) {
        self.len += 1;
        self.put(place);
    }

    /// When the first place is due.
    pub(crate) fn earliest(&self) -> Option<u64> {
        match self.front.peek() {
            Some(Reverse(place)) => Some(place.at),
            None => self.lowest().and_then(|at| self.buckets.get(at.place())).map(|b| b.earliest),
        }
    }

    /// The first place. It may be of something that does not live any more.
    pub(crate) fn first(&self) -> Option<Place> {
        match self.front.peek() {
            Some(Reverse(place)) => Some(*place),
            None => {
                let bucket = self.lowest().and_then(|at| self.buckets.get(at.place()))?;
                bucket.places.iter().min().copied()
            }
        }
    }

    /// Leaves out what does not live any more, up to the first place that does.
    pub(crate) fn leave_out(&mut self, is_gone: impl Fn(&Place) -> bool) {
        loop {
            while self.front.peek().is_some_and(|Reverse(place)| is_gone(place)) {
                self.front.pop();
                self.len -= 1;
            }
            if !self.front.is_empty() {
                return;
            }
            let Some(bucket) = self.lowest() else { return };
            let mut places = self.take(bucket);
            self.len -= places.len();
            places.retain(|place| !is_gone(place));
            if !places.is_empty() {
                return places.into_iter().for_each(|place| self.push(place));
            }
        }
    }

    /// Takes the first place out that is due at `now`. Leaves out places that do not live any more, mostly.
    pub(crate) fn pop_due(&mut self, now: u64, lives: impl Fn(&Place) -> bool) -> Option<Place> {
        if self.front.is_empty() {
            self.fill_front(now, lives);
        }
        if self.front.peek()?.0.at > now {
            return None;
        }
        self.len -= 1;
        self.front.pop().map(|Reverse(place)| place)
    }

    /// Moves the cursor on, to `now` at the most, until something is at the front.
    #[inline(never)]
    fn fill_front(&mut self, now: u64, lives: impl Fn(&Place) -> bool) {
        while self.front.is_empty() {
            let Some(bucket) = self.lowest() else { return };
            let (first, last) = bucket.span(self.cursor);
            if first > now {
                return;
            }
            let mut places = self.take(bucket);
            // Looking at all of them at once also fetches their entries from memory all at once.
            self.len -= places.len();
            places.retain(&lives);
            self.len += places.len();
            if last <= now && (places.len() <= FEW || bucket.level == 0) {
                self.cursor = last;
                self.front = places.into_iter().map(Reverse).collect();
            } else {
                // What is due later than now stays in buckets: others may come in between.
                self.cursor = if last <= now { first } else { now };
                places.into_iter().for_each(|place| self.put(place));
            }
        }
    }

    fn put(&mut self, place: Place) {
        if place.at <= self.cursor {
            self.front.push(Reverse(place));
            return;
        }
        if self.buckets.is_empty() {
            self.buckets.resize_with(LEVELS * WIDTH, Bucket::default);
        }
        let level = (place.at ^ self.cursor).ilog2() / BITS;
        let index = digit(place.at, level);
        let address = BucketAddress { level, index };
        let (Some(bucket), Some(occupied)) =
            (self.buckets.get_mut(address.place()), self.occupied.get_mut(level as usize))
        else {
            return;
        };
        let empty = bucket.places.is_empty();
        bucket.earliest = if empty { place.at } else { bucket.earliest.min(place.at) };
        bucket.places.push(place);
        *occupied |= 1 << index;
        self.levels |= 1 << level;
    }

    /// The bucket with the earliest places, but for those at the front.
    fn lowest(&self) -> Option<BucketAddress> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros();
        let index = self.occupied.get(level as usize)?.trailing_zeros();
        Some(BucketAddress { level, index })
    }

    fn take(&mut self, address: BucketAddress) -> Vec<Place> {
        if let Some(occupied) = self.occupied.get_mut(address.level as usize) {
            *occupied &= !(1 << address.index);
            if *occupied == 0 {
                self.levels &= !(1 << address.level);
            }
        }
        let bucket = self.buckets.get_mut(address.place());
        bucket.map(|bucket| std::mem::take(&mut bucket.places)).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Copy)]
struct BucketAddress {
    level: u32,
    index: u32,
}

impl BucketAddress {
    const fn place(self) -> usize {
        self.level as usize * WIDTH + self.index as usize
    }

    /// The first and the last time that belong here.
    const fn span(self, cursor: u64) -> (u64, u64) {
        let shift = self.level * BITS;
        let above = match u64::MAX.checked_shl(shift + BITS) {
            Some(above) => above,
            None => 0,
        };
        let first = (cursor & above) | ((self.index as u64) << shift);
        (first, first | !(u64::MAX << shift))
    }
}

/// The six bits of a time that count on a level.
#[expect(clippy::cast_possible_truncation, reason = "six bits")]
const fn digit(at: u64, level: u32) -> u32 {
    (at >> (level * BITS)) as u32 & (WIDTH as u32 - 1)
}
