//! Any type that knows serde, as arguments: feature `serde`.
//!
//! Arguments have no names: fields are told by their place. The outermost struct, tuple, sequence or map is the list
//! of arguments; one in another is an array.
//!
//! | serde | argument |
//! | --- | --- |
//! | `bool` | `T`, `F` |
//! | integers up to 32 bits | `i`; `u32` beyond them `h` |
//! | integers of 64 bits | `h` |
//! | `f32`, `f64` | `f`, `d` |
//! | `char`, `str`, bytes | `c`, `s`, `b` |
//! | `None`, `()` and unit structs in another type | `N`. An outermost unit is no argument at all |
//! | newtype structs, `Some` | what is in them |
//! | sequence, tuple, struct in another | `[ ]` |
//! | map | key, value, key, value, as a sequence |
//! | enum | the name of the variant as `s`; variants with content are a sequence of that and the content |
//! | our own types | their type tags, as in [`ToArg`](crate::ToArg); other formats see plain numbers and text |
//!
//! `Vec<u8>` is a sequence of numbers to serde: [`Blob`](crate::Blob) makes it bytes.
//!
//! Reading is the reverse. An integer is read from `i` and `h` if it fits; text from `s` and `S`; bytes in a sequence
//! from `b`, too; an `Option` is `None` where no argument is left. Nesting is bounded, at 32 levels.

pub(crate) mod access;
pub(crate) mod de;
pub(crate) mod fault;
pub(crate) mod list;
pub(crate) mod names;
pub(crate) mod one;
pub(crate) mod ser;
pub(crate) mod values;
pub(crate) mod wrapper;

#[cfg(test)]
mod tests;

pub use wrapper::Serde;
