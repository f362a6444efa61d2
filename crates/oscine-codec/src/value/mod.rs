//! Argument values that Rust has no type for.

pub(crate) mod blob;
pub(crate) mod char;
pub(crate) mod color;
pub(crate) mod midi;
pub(crate) mod policy;
pub(crate) mod symbol;
pub(crate) mod text;
pub(crate) mod unit;

pub use blob::Blob;
pub use char::Char;
pub use color::Color;
pub use midi::Midi;
pub use policy::TextPolicy;
pub use symbol::Symbol;
pub use text::Text;
pub use unit::{Impulse, Nil};
