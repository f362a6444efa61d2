//! What can be set on a SLIP framing.

use crate::framing::limit::DEFAULT_MAX_FRAME;

/// What can be set on a SLIP framing; the builder documents each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) max_frame: usize,
    pub(super) leading_end: bool,
    pub(super) lenient: bool,
}

impl Options {
    pub(super) const fn new() -> Self {
        Self { max_frame: DEFAULT_MAX_FRAME, leading_end: true, lenient: false }
    }
}
