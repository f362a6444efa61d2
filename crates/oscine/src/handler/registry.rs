//! Where methods are registered, as they see it.

use std::fmt;
use std::sync::Arc;

use crate::space::key::MethodKey;

/// Something that methods are registered in: an address space.
pub(crate) trait Registry: fmt::Debug + Send + Sync {
    /// Takes a registration back, if it is still there.
    fn take_back(self: Arc<Self>, key: MethodKey);
}
