//! A symbol argument.

/// Text as a symbol, type tag `S`: on the wire like a string, and kept apart from one.
///
/// `Symbol<&str>` and `Symbol<String>` are written with tag `S` and read from either tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a transparent wrapper")]
pub struct Symbol<T>(pub T);
