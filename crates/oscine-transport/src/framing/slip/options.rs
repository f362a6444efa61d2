//! What can be set on a SLIP framing.

use crate::framing::limit::DEFAULT_MAX_FRAME;

/// What can be set on a SLIP framing; the builder documents each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    /// The limit, if one was set.
    pub(super) max_frame: Option<usize>,
    pub(super) leading_end: bool,
    pub(super) lenient: bool,
}

impl Options {
    pub(super) const fn new() -> Self {
        Self { max_frame: None, leading_end: true, lenient: false }
    }

    pub(super) const fn limit(&self) -> usize {
        match self.max_frame {
            Some(bytes) => bytes,
            None => DEFAULT_MAX_FRAME,
        }
    }
}
