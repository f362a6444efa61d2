//! What a pattern may hold beyond the specification.

/// What a pattern may hold beyond what messages may: for patterns that methods are registered under.
///
/// # Examples
///
/// ```
/// use oscine_codec::{Pattern, PatternOptions};
///
/// let options = PatternOptions::new().nested(true);
/// let strips = Pattern::with_options("/{ch[0-9]*,{aux,fx}?,main}/gain", options)?;
/// assert!(strips.matches("/ch12/gain") && strips.matches("/fx1/gain") && strips.matches("/main/gain"));
/// assert!(!strips.matches("/aux/gain"));
/// // By the letter the strings in braces are plain text.
/// assert!(!Pattern::new("/{ch[0-9]*,main}/gain")?.matches("/ch12/gain"));
/// # Ok::<(), oscine_codec::AddressError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PatternOptions {
    nested: bool,
}

impl PatternOptions {
    /// What the specification allows, and OSC 1.1's `//`.
    #[must_use]
    pub const fn new() -> Self {
        Self { nested: false }
    }

    /// Sets whether the strings in braces may hold `?`, `*`, `[…]` and braces themselves, 8 deep at most: false by
    /// default, as the specification knows plain strings alone.
    ///
    /// A `,` ends a string, except inside of `[…]`.
    #[must_use]
    pub const fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    /// Whether the strings in braces may hold wildcards.
    #[must_use]
    pub const fn is_nested(self) -> bool {
        self.nested
    }
}
