//! One array argument.

/// An array argument: arguments between `[` and `]`, arrays among them.
#[derive(Clone, Copy, PartialEq)]
pub struct ArrayRef<'a> {
    /// The type tags between the brackets.
    pub(crate) tags: &'a [u8],
    /// Invariant: what `tags` describes.
    pub(crate) data: &'a [u8],
}
