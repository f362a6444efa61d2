//! liblo: `lo_server_dispatch_data`, which decodes, looks at each method, and calls.

use std::ffi::CString;

use bytes::Bytes;
use oscine_benches_sys::liblo_dispatch::Space;

use crate::contest::{Outcome, Side};
use crate::dispatch::case::Case;

struct Dispatches {
    space: Space,
    messages: Vec<Bytes>,
    next: usize,
    last: u64,
}

/// None where methods are registered under patterns, which it does not know.
pub(crate) fn side(case: Case, count: usize) -> Option<Box<dyn Side>> {
    if case == Case::Registered {
        return None;
    }
    let mut space = Space::new()?;
    for place in case.methods(count) {
        let place = CString::new(place).ok()?;
        assert!(space.add(&place), "liblo has all methods");
    }
    Some(Box::new(Dispatches { space, messages: case.messages(count), next: 0, last: 0 }))
}

impl Side for Dispatches {
    fn name(&self) -> &'static str {
        "liblo"
    }

    fn run(&mut self, n: u64) {
        for _ in 0..n {
            let message = self.messages.get(self.next).expect("it is one of them");
            self.next = (self.next + 1) % self.messages.len();
            self.last = self.space.dispatch(message, 1).expect("the packet is sound");
        }
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}
