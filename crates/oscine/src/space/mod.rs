//! The tree of containers and methods: generic, and knowing no handlers.
//!
//! [`Space`] is a persistent value: a clone is a snapshot, costs a few reference counts, and stays as it is when
//! the original changes. Whoever reads never waits for whoever writes.

pub(crate) mod entry;
pub(crate) mod key;
pub(crate) mod matching;
pub(crate) mod node;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod space;

pub use entry::{Entries, Entry};
pub use key::MethodKey;
pub use space::Space;
