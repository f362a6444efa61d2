//! Packets as text.
//!
//! A message is `/address ,tags argument argument …`:
//!
//! | tag | form |
//! | --- | --- |
//! | `i` `h` | decimal |
//! | `f` `d` | shortest decimal that reads back; `inf`, `-inf`, `NaN`, `nan:7fc00001` for other NaN bits |
//! | `s` `S` | double quotes, escapes as in JSON |
//! | `b` | `0x` and hexadecimal digits |
//! | `t` | 16 hexadecimal digits |
//! | `c` | single quotes, escapes as in JSON; `0x` and 8 digits when it is no character by the letter |
//! | `r` | `#rrggbbaa` |
//! | `m` | `midi:ppssd1d2` |
//! | `T` `F` `N` `I` | `true` `false` `nil` `inf` |
//! | `[` `]` | brackets, spaces between what is in them |
//!
//! A message without a type tag string is its address alone; bytes behind it follow as `untyped:…`. A bundle is
//! `#bundle`, its time tag, and its elements in braces: `#bundle 0000000000000001 {/a ,i 1; /b ,}`. An address with
//! white space, control characters, `;` or `"` in it, or with `}` at its end, is in double quotes.
//!
//! `Display` of [`Packet`](crate::Packet), [`Message`](crate::Message), [`Bundle`](crate::Bundle) and their views prints
//! it; `FromStr` reads it back, byte for byte, where text is UTF-8 and addresses begin with a slash.

pub(crate) mod display;
pub(crate) mod error;
pub(crate) mod escape;
pub(crate) mod json;
pub(crate) mod lex;
pub(crate) mod parse;
pub(crate) mod parse_bundle;
pub(crate) mod value;

pub use error::TextError;
pub use json::Json;
