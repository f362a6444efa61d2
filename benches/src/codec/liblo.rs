//! liblo: reads messages to values of its own, and writes a value that was built before.
//!
//! It knows no arrays, and reads bundles only within its server.

use bytes::Bytes;
use oscine_benches_sys::liblo;

use crate::codec::Work;
use crate::codec::case::Case;
use crate::contest::{Outcome, Side};

const NAME: &str = "liblo";

pub(crate) fn side(work: Work, case: Case) -> Option<Box<dyn Side>> {
    let packet = case.packet();
    match (work, case) {
        (_, Case::Arrays) | (Work::Owned, Case::Bundle16 | Case::Nested64) => None,
        (Work::Owned, _) => Some(Box::new(Reads { packet, last: 0 })),
        (Work::Encode, _) => {
            let value = liblo::Value::new(&packet)?;
            Some(Box::new(Writes { value, out: vec![0; 128 * 1024], size: 0 }))
        }
        // It has no way to read from borrowed bytes.
        (Work::Decode | Work::Typed, _) => None,
    }
}

struct Reads {
    packet: Bytes,
    last: u64,
}

impl Side for Reads {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, n: u64) {
        self.last = liblo::decode(&self.packet, n).expect("the packet is sound");
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}

struct Writes {
    value: liblo::Value,
    out: Vec<u8>,
    size: usize,
}

impl Side for Writes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, n: u64) {
        self.size = self.value.encode(&mut self.out, n).expect("the packet is sound");
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Bytes(self.out.get(..self.size).unwrap_or_default())
    }
}
