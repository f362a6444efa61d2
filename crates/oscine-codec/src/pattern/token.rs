//! A piece of a part with wildcards.

use alloc::string::String;
use alloc::vec::Vec;

/// A piece of a part with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// Text that stands for itself.
    Text(String),
    /// `?`
    Any,
    /// `*`
    Star,
    /// `[…]`
    Class {
        negated: bool,
        /// Inclusive; a single character is a range of one.
        ranges: Vec<(char, char)>,
    },
    /// `{…}`
    Strings(Vec<String>),
    /// `{…}` with wildcards in it: one of these.
    Nested(Vec<Vec<Self>>),
}
