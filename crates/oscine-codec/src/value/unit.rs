//! Arguments that are nothing but their type tag.

/// Nothing, type tag `N`: no bytes. `Option::None` is written like this too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no content")]
pub struct Nil;

/// An impulse, type tag `I` ("infinitum", "bang"): no bytes. It is not the float infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has no content")]
pub struct Impulse;
