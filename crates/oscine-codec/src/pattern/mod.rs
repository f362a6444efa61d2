//! Address patterns: which addresses a message means (OSC 1.0, "OSC Message Dispatching and Pattern Matching").
//!
//! | in a pattern | matches |
//! | --- | --- |
//! | `?` | one character |
//! | `*` | any number of characters, none included |
//! | `[abc]` `[a-z]` | one character of the list; a `-` at the start or the end is a minus |
//! | `[!abc]` | one character that is not in the list; `!` only counts at the start |
//! | `{foo,bar}` | one of the strings, each of them plain text |
//! | `//` | any number of levels, none included (OSC 1.1) |
//! | anything else | itself |
//!
//! Nothing but `//` crosses a slash, and the whole address has to match.
//!
//! Where methods are registered, [`PatternOptions::nested`] allows all but `//` in the strings of braces too.

pub(crate) mod align;
pub(crate) mod bits;
pub(crate) mod captures;
pub(crate) mod matcher;
#[cfg(test)]
mod nested_tests;
pub(crate) mod options;
pub(crate) mod overlap;
pub(crate) mod parse;
pub(crate) mod part;
#[expect(clippy::module_inception, reason = "one file an idea, and this one holds the public type")]
pub(crate) mod pattern;
pub(crate) mod token;

pub use options::PatternOptions;
pub use part::PartPattern;
pub use pattern::{MatchState, Pattern};
