//! The tree of containers and methods: generic, and knowing no handlers.
//!
//! [`Space`] is a persistent value: a clone is a snapshot, costs a few reference counts, and stays as it is when
//! the original changes. Whoever reads never waits for whoever writes.

pub(crate) mod entry;
pub(crate) mod flat;
pub(crate) mod key;
pub(crate) mod matching;
pub(crate) mod moving;
pub(crate) mod node;
pub(crate) mod place;
#[cfg(feature = "regex")]
pub(crate) mod regex;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod space;
#[cfg(test)]
mod tests;

pub use entry::{Entries, Entry, Hit};
pub use key::MethodKey;
pub use moving::MoveError;
pub use place::{IntoPlace, Place};
#[cfg(feature = "regex")]
pub use regex::AddressRegex;
pub use space::Space;
