//! oscpack: borrows as we do, checks lengths and types, and knows neither UTF-8 nor padding.

use oscine_benches_sys::oscpack;

use bytes::Bytes;

use crate::codec::Work;
use crate::codec::case::{Bulk, Case};
use crate::contest::{Outcome, Side};

const NAME: &str = "oscpack";

pub(crate) fn side(work: Work, case: Case) -> Option<Box<dyn Side>> {
    match work {
        Work::Decode | Work::Typed => {
            let packet = case.packet();
            Some(Box::new(Reads { packet, case, typed: work == Work::Typed, last: 0 }))
        }
        Work::Encode => {
            let out = vec![0; 128 * 1024];
            Some(Box::new(Writes { case, bulk: Bulk::new(case), out, size: 0 }))
        }
        // It has no packet that owns its bytes.
        Work::Owned => None,
    }
}

struct Reads {
    packet: Bytes,
    case: Case,
    typed: bool,
    last: u64,
}

impl Side for Reads {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, n: u64) {
        let sum = if self.typed {
            oscpack::typed(self.case as i32, &self.packet, n)
        } else {
            oscpack::decode(&self.packet, n)
        };
        self.last = sum.expect("the packet is sound");
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Sum(self.last)
    }
}

struct Writes {
    case: Case,
    bulk: Bulk,
    out: Vec<u8>,
    size: usize,
}

impl Side for Writes {
    fn name(&self) -> &'static str {
        NAME
    }

    fn run(&mut self, n: u64) {
        let Bulk { blob, floats } = &self.bulk;
        self.size = oscpack::encode(self.case as i32, blob, floats, &mut self.out, n)
            .expect("the packet is sound");
    }

    fn outcome(&self) -> Outcome<'_> {
        Outcome::Bytes(self.out.get(..self.size).unwrap_or_default())
    }
}
