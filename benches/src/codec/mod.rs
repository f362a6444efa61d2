//! The codec: decoding, reading by type, encoding, owned packets, allocations.
//!
//! A side reads *every* argument of a packet: it sums numbers bit for bit, the lengths of texts, the first and the last
//! byte of blobs, and the first byte of the address. All sides must come to the same sum, or write the same bytes.

mod allocations;
mod case;
#[cfg(feature = "peers")]
mod liblo;
#[cfg(feature = "peers")]
mod oscpack;
mod ours;
#[cfg(feature = "peers")]
mod rosc;
mod sides;

use std::time::Duration;

use crate::codec::case::Case;
use crate::contest::{Contest, Pace, Side, hold};
use crate::report::Row;
use crate::section::Filter;

const SECTION: &str = "codec";
/// How long the turns may take; they take half of it.
const LIMIT: Duration = Duration::from_secs(75);

/// What is done with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    /// Read all arguments of a packet, from borrowed bytes.
    Decode,
    /// Read the arguments of a message whose types the program knows.
    Typed,
    /// Write a packet into a buffer that is used again and again.
    Encode,
    /// Make an owned packet of a datagram, and read all its arguments.
    Owned,
}

impl Work {
    const ALL: [Self; 4] = [Self::Decode, Self::Typed, Self::Encode, Self::Owned];

    const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Typed => "typed",
            Self::Encode => "encode",
            Self::Owned => "owned",
        }
    }

    fn cases(self) -> &'static [Case] {
        if self == Self::Typed { &Case::TYPED } else { &Case::ALL }
    }
}

/// Measures the codec.
pub fn run(filter: &Filter, emit: &mut dyn FnMut(Row)) {
    let mut contests = contests();
    contests.retain(|contest| filter.passes(contest.measure()));
    hold(SECTION, contests, LIMIT).into_iter().for_each(&mut *emit);
    allocations::rows(filter).into_iter().for_each(emit);
}

/// All contests of the codec, in the order of the table.
#[must_use]
pub fn contests() -> Vec<Contest> {
    let all =
        Work::ALL.into_iter().flat_map(|work| work.cases().iter().map(move |&case| (work, case)));
    all.map(|(work, case)| Contest {
        measure: format!("{}/{}", work.name(), case.name()),
        pace: Pace::Short,
        ours: ours::side(work, case),
        peers: peers(work, case),
    })
    .collect()
}

#[cfg(feature = "peers")]
fn peers(work: Work, case: Case) -> Vec<Box<dyn Side>> {
    [oscpack::side(work, case), rosc::side(work, case), liblo::side(work, case)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(not(feature = "peers"))]
fn peers(_: Work, _: Case) -> Vec<Box<dyn Side>> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sides_do_the_same_work() {
        let mut contests = contests();
        assert_eq!(contests.len(), 30);
        contests.iter_mut().for_each(Contest::check);
    }
}
