//! Any bytes, explained field by field.
//!
//! [`explain()`] takes bytes that may or may not be a packet, and says what each of them is: a [`Field`] has an
//! offset, bytes, the number of bundles around it, and a [`Meaning`]. Printed, that is annotated hex, a line a field:
//!
//! ```text
//!    0  23 62 75 6e 64 6c 65 00  bundle
//!    8  00 00 00 00 00 00 00 01  time tag immediate
//!   16  00 00 00 0c              element of 12 bytes
//!   20  2f 61                      address /a
//!   22  00 00                      padding
//!   24  2c 69                      type tags ,i
//!   26  00 00                      padding
//!   28  00 00 00 07                i 7
//! ```
//!
//! The verdict is that of decoding with the same options: [`Explain::error`] is its error. Fields are told up to where
//! that shows, then [`Meaning::Stop`] says why, and what is left is [`Meaning::Unread`]. The fields lie one behind the
//! other, and all together they are all the bytes.

pub(crate) mod display;
pub(crate) mod field;
pub(crate) mod fields;
pub(crate) mod reader;

#[cfg(test)]
mod agreement;

pub use field::{Field, Meaning};
pub use fields::{Explain, Fields, explain};
