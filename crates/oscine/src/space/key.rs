//! What a registration is known by.

use std::fmt;

/// What a registration is known by. Keys ascend in the order of registration and are never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodKey(pub(crate) u64);

impl fmt::Debug for MethodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MethodKey({})", self.0)
    }
}
