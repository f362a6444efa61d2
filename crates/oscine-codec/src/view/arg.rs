//! One argument.

use crate::time_tag::TimeTag;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::text::Text;
use crate::view::array_ref::ArrayRef;

/// One argument of a message, borrowed from the packet.
///
/// A variant for each type tag of OSC 1.0 and 1.1; `T` and `F` share one.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Arg<'a> {
    /// `i`, a 32-bit integer.
    Int(i32),
    /// `f`, a 32-bit float. All bits are kept, those of a NaN too.
    Float(f32),
    /// `s`, text.
    String(Text<'a>),
    /// `b`, bytes.
    Blob(&'a [u8]),
    /// `h`, a 64-bit integer.
    Long(i64),
    /// `t`, a point in time.
    Time(TimeTag),
    /// `d`, a 64-bit float. All bits are kept, those of a NaN too.
    Double(f64),
    /// `S`, text as a symbol.
    Symbol(Text<'a>),
    /// `c`, a character.
    Char(Char),
    /// `r`, a colour.
    Color(Color),
    /// `m`, a MIDI message.
    Midi(Midi),
    /// `T` and `F`.
    Bool(bool),
    /// `N`, nothing.
    Nil,
    /// `I`, an impulse.
    Impulse,
    /// `[` to `]`, an array of arguments.
    Array(ArrayRef<'a>),
}

impl<'a> Arg<'a> {
    /// The type tag; `[` for an array.
    #[must_use]
    pub const fn tag(self) -> char {
        match self {
            Self::Int(_) => 'i',
            Self::Float(_) => 'f',
            Self::String(_) => 's',
            Self::Blob(_) => 'b',
            Self::Long(_) => 'h',
            Self::Time(_) => 't',
            Self::Double(_) => 'd',
            Self::Symbol(_) => 'S',
            Self::Char(_) => 'c',
            Self::Color(_) => 'r',
            Self::Midi(_) => 'm',
            Self::Bool(true) => 'T',
            Self::Bool(false) => 'F',
            Self::Nil => 'N',
            Self::Impulse => 'I',
            Self::Array(_) => '[',
        }
    }

    /// The text of a string or a symbol.
    #[must_use]
    pub const fn as_text(self) -> Option<Text<'a>> {
        match self {
            Self::String(text) | Self::Symbol(text) => Some(text),
            _ => None,
        }
    }
}
