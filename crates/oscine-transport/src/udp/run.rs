//! Datagrams that leave in one call to the system.

use std::sync::{Mutex, PoisonError};

/// Datagrams of one peer behind each other, all of one length but the last, which may be shorter.
///
/// The system takes them as one piece and cuts it up (segmentation offload, GSO).
#[derive(Debug, Default)]
pub(super) struct Run {
    bytes: Vec<u8>,
    shape: Shape,
}

/// The lengths of the datagrams of a run.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shape {
    segment: usize,
    count: usize,
    bytes: usize,
}

/// What is sent in one call: one datagram, or several of `segment` bytes each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) segment: usize,
    pub(super) count: usize,
}

/// A buffer for runs that is used again: whoever sends takes it along, and brings it back.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Run>);

impl Run {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.shape = Shape::default();
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Adds a datagram whose length [`fits`](Shape::fits).
    pub(super) fn add(&mut self, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.shape.add(datagram.len());
    }

    pub(super) fn load(&self) -> Load<'_> {
        Load { bytes: &self.bytes, segment: self.shape.segment, count: self.shape.count }
    }
}

impl Shape {
    /// Says whether a datagram of this length can be added, where at most `most` may be together.
    pub(super) fn fits(self, length: usize, most: usize) -> bool {
        if self.count == 0 {
            return true;
        }
        // A shorter one is the last.
        let open = self.bytes == self.count * self.segment;
        open && self.segment <= GREATEST_SEGMENT
            && (1..=self.segment).contains(&length)
            && self.count < most
            && self.bytes + length <= GREATEST_PIECE
    }

    pub(super) fn add(&mut self, length: usize) {
        if self.count == 0 {
            self.segment = length;
        }
        self.count += 1;
        self.bytes += length;
    }
}

impl<'a> Load<'a> {
    pub(super) fn one(datagram: &'a [u8]) -> Self {
        Self { bytes: datagram, segment: datagram.len(), count: 1 }
    }

    /// The datagrams one by one.
    pub(super) fn split(self) -> impl Iterator<Item = &'a [u8]> {
        self.bytes.chunks(self.segment.max(1))
    }
}

impl Spare {
    /// Takes the buffer, or makes one if it is in use.
    pub(super) fn take(&self) -> Run {
        core::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn bring_back(&self, mut run: Run) {
        run.clear();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = run;
    }
}

/// The greatest segment: it has to fit the network's packets, and every network carries this much.
pub(super) const GREATEST_SEGMENT: usize = 1200;

/// The greatest piece: before it is cut up it is one datagram to the system.
pub(super) const GREATEST_PIECE: usize = 65_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// How datagrams of these lengths are put together, and what comes apart again.
    #[track_caller]
    fn check(lengths: &[usize], most: usize, expected: &[&[usize]]) {
        let mut runs: Vec<Vec<usize>> = Vec::new();
        let mut run = Run::default();
        let mut close = |run: &mut Run| {
            runs.push(run.load().split().map(<[u8]>::len).collect());
            assert_eq!(runs.last().unwrap().len(), run.shape.count);
            run.clear();
        };
        for &length in lengths {
            if !run.shape().fits(length, most) {
                close(&mut run);
            }
            run.add(&vec![0; length]);
        }
        close(&mut run);
        assert_eq!(runs, expected);
    }

    #[test]
    fn equal_datagrams_and_a_shorter_last_one_go_together() {
        check(&[8, 8, 8], 64, &[&[8, 8, 8]]);
        check(&[8, 8, 4, 4], 64, &[&[8, 8, 4], &[4]]);
        check(&[8, 12, 12], 64, &[&[8], &[12, 12]]);
        check(&[8; 5], 2, &[&[8, 8], &[8, 8], &[8]]);
        check(&[8; 3], 1, &[&[8], &[8], &[8]]);
        check(&[1200, 1200], 64, &[&[1200, 1200]]);
        check(&[1204, 1204], 64, &[&[1204], &[1204]]);
        check(&[1200; 55], 64, &[&[1200; 54], &[1200]]);
    }

    #[test]
    fn the_buffer_is_used_again() {
        let spare = Spare::default();
        let mut run = spare.take();
        run.add(&[0; 1000]);
        let place = run.bytes.as_ptr();
        spare.bring_back(run);
        let run = spare.take();
        assert_eq!(run.load().count, 0);
        assert_eq!(run.bytes.as_ptr(), place);
    }
}
