//! Properties of the whole codec, tried on packets, bytes and texts made up at random.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod arbitrary;
mod linear;
mod packets;
mod patterns;
mod text;

#[path = "../support/families.rs"]
mod families;
#[path = "../support/laws.rs"]
mod laws;
#[path = "../support/model.rs"]
mod model;
#[path = "../support/rebuild.rs"]
mod rebuild;
#[path = "../support/traverse.rs"]
mod traverse;

use std::io::Write as _;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Tries `property` on `cases` values, and gives how many of them it said `true` for: a property of accepted packets
/// shows nothing when none is accepted.
fn try_all<S: Strategy>(cases: u32, values: &S, property: impl Fn(S::Value) -> bool) -> usize {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let said = std::cell::Cell::new(0);
    let result = TestRunner::new(config).run(values, |value| {
        said.set(said.get() + usize::from(property(value)));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    said.get()
}

/// Prints past the test runner's capture: counts are wanted when all is well, too.
fn report(line: &str) {
    writeln!(std::io::stdout().lock(), "{line}").unwrap();
}
