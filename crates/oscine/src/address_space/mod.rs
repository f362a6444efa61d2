//! Methods by address: handlers in a tree, changed under a lock, read without.

#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod address_space;
pub(crate) mod change;
pub(crate) mod contents;
pub(crate) mod edit;
pub(crate) mod guard;
pub(crate) mod info;
pub(crate) mod method_ref;
pub(crate) mod mounting;
pub(crate) mod options;
pub(crate) mod registry;
pub(crate) mod seen;
pub(crate) mod target;
pub(crate) mod with_state;

pub use address_space::AddressSpace;
pub use change::{Change, Changes};
pub use edit::Edit;
pub use guard::MethodGuard;
pub use info::{Access, Info};
pub use method_ref::MethodRef;
pub use mounting::MountError;
pub use seen::Seen;
pub use with_state::WithState;
