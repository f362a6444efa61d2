//! Why text is not a packet.

use alloc::string::String;

use thiserror::Error;

use crate::error::encode::EncodeError;

/// Why text is not a packet, and the offset of the byte where that shows.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{reason} at byte {offset}")]
pub struct TextError {
    reason: String,
    offset: usize,
    source: Option<EncodeError>,
}

impl TextError {
    pub(crate) fn new(reason: impl Into<String>, offset: usize) -> Self {
        Self { reason: reason.into(), offset, source: None }
    }

    pub(crate) fn encode(source: EncodeError, offset: usize) -> Self {
        use alloc::string::ToString;
        Self { reason: source.to_string(), offset, source: Some(source) }
    }

    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Where it is wrong, in bytes from the start of the text.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }
}
