//! How an address space dispatches.

/// How an address space dispatches; see the setters of [`AddressSpace`](crate::AddressSpace).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Options {
    pub(crate) first_match: bool,
    pub(crate) error_replies: bool,
    pub(crate) list_replies: bool,
}
