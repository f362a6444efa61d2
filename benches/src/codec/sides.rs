//! Sides in Rust, made from closures that do the work once.

use std::hint::black_box;

use crate::contest::{Outcome, Side};

/// A side that reads.
pub(crate) struct Reads<F> {
    name: &'static str,
    read: F,
    last: u64,
}

/// A side that writes into a buffer of type `B`.
pub(crate) struct Writes<B, F> {
    name: &'static str,
    write: F,
    out: B,
}

/// A side that reads by calling `read`, which gives the sum of what it read.
pub(crate) fn reads(name: &'static str, read: impl FnMut() -> u64 + 'static) -> Box<dyn Side> {
    Box::new(Reads { name, read, last: 0 })
}

/// A side that writes by calling `write`, which overwrites what is in the buffer.
pub(crate) fn writes<B: AsRef<[u8]> + 'static>(
    name: &'static str,
    out: B,
    write: impl FnMut(&mut B) + 'static,
) -> Box<dyn Side> {
    Box::new(Writes { name, write, out })
}

impl<F: FnMut() -> u64> Side for Reads<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    // A loop of its own for each measure, called once a turn.
    #[inline(never)]
    fn run(&mut self, n: u64) {
        for _ in 0..n {
            self.last = black_box((self.read)());
        }
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}

impl<B: AsRef<[u8]>, F: FnMut(&mut B)> Side for Writes<B, F> {
    fn name(&self) -> &'static str {
        self.name
    }

    #[inline(never)]
    fn run(&mut self, n: u64) {
        for _ in 0..n {
            (self.write)(black_box(&mut self.out));
        }
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Bytes(self.out.as_ref())
    }
}
