//! Single arguments as Rust types.

use alloc::string::String;
use alloc::vec::Vec;

use crate::time_tag::TimeTag;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::symbol::Symbol;
use crate::value::text::Text;
use crate::value::unit::{Impulse, Nil};
use crate::view::arg::Arg;
use crate::view::args::Args;

/// A type that one argument can be read as.
///
/// | type | exact | coercing, in addition |
/// | --- | --- | --- |
/// | `i32` `i64` | `i`; `h` | the other integer if it fits, `f` and `d` without their fraction if they fit, `T` 1, `F` 0 |
/// | `f32` `f64` | `f`; `d` | the other float, `i`, `h`, `T` 1, `F` 0 |
/// | `bool` | `T` `F` | numbers: false when zero |
/// | `&str` `String` `Text` | `s` `S` | |
/// | `Symbol<&str>` `Symbol<String>` | `s` `S` | |
/// | `&[u8]` `Vec<u8>`, `Bytes` by [`FromArgs`](crate::FromArgs) | `b` | |
/// | `char` `Char` | `c` | |
/// | `TimeTag` `Color` `Midi` `Nil` `Impulse` | their own | |
/// | `Arg` | any | |
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from an OSC argument",
    label = "not an argument type"
)]
pub trait FromArg<'a>: Sized {
    /// What is wanted, for error messages.
    const EXPECTED: &'static str;

    /// Reads an argument of exactly this type.
    #[must_use]
    fn from_arg(arg: Arg<'a>) -> Option<Self>;

    /// Reads an argument of this type, or one that may stand in for it. Exact unless a type says otherwise.
    #[must_use]
    fn coerce_arg(arg: Arg<'a>) -> Option<Self> {
        Self::from_arg(arg)
    }

    /// Takes the next argument if its type tag is this type's own: a short cut past [`Arg`] for the usual case.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    fn take(_: &mut Args<'a>) -> Option<Self> {
        None
    }
}

macro_rules! from_arg {
    ($($type:ty, $expected:literal: $($pattern:pat => $value:expr),+;)+) => {$(
        impl<'a> FromArg<'a> for $type {
            const EXPECTED: &'static str = $expected;

            fn from_arg(arg: Arg<'a>) -> Option<Self> {
                match arg {
                    $($pattern => $value,)+
                    _ => None,
                }
            }
        }
    )+};
}

from_arg! {
    Text<'a>, "text": Arg::String(text) | Arg::Symbol(text) => Some(text);
    Symbol<&'a str>, "symbol": Arg::String(text) | Arg::Symbol(text) => text.as_str().ok().map(Symbol);
    Symbol<String>, "symbol":
        Arg::String(text) | Arg::Symbol(text) => text.as_str().ok().map(|text| Symbol(text.into()));
    Vec<u8>, "blob": Arg::Blob(bytes) => Some(bytes.to_vec());
    Char, "char": Arg::Char(char) => Some(char);
    char, "char": Arg::Char(char) => char.to_char();
    TimeTag, "time tag": Arg::Time(tag) => Some(tag);
    Color, "colour": Arg::Color(color) => Some(color);
    Midi, "MIDI message": Arg::Midi(midi) => Some(midi);
    Nil, "nil": Arg::Nil => Some(Self);
    Impulse, "impulse": Arg::Impulse => Some(Self);
}

impl<'a> FromArg<'a> for &'a str {
    const EXPECTED: &'static str = "text";

    fn from_arg(arg: Arg<'a>) -> Option<Self> {
        arg.as_text()?.as_str().ok()
    }

    #[inline(always)]
    fn take(args: &mut Args<'a>) -> Option<Self> {
        args.take_text()?.as_str().ok()
    }
}

impl<'a> FromArg<'a> for &'a [u8] {
    const EXPECTED: &'static str = "blob";

    fn from_arg(arg: Arg<'a>) -> Option<Self> {
        match arg {
            Arg::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    #[inline(always)]
    fn take(args: &mut Args<'a>) -> Option<Self> {
        args.take_blob()
    }
}

impl<'a> FromArg<'a> for String {
    const EXPECTED: &'static str = "text";

    fn from_arg(arg: Arg<'a>) -> Option<Self> {
        arg.as_text()?.as_str().ok().map(Self::from)
    }

    #[inline(always)]
    fn take(args: &mut Args<'a>) -> Option<Self> {
        <&str as FromArg>::take(args).map(Self::from)
    }
}

macro_rules! from_number {
    ($($type:ty, $expected:literal, $own:ident, $tag:literal: |$arg:ident| $coerce:expr;)+) => {$(
        impl<'a> FromArg<'a> for $type {
            const EXPECTED: &'static str = $expected;

            #[inline]
            fn from_arg(arg: Arg<'a>) -> Option<Self> {
                match arg {
                    Arg::$own(value) => Some(value),
                    _ => None,
                }
            }

            #[inline]
            fn coerce_arg($arg: Arg<'a>) -> Option<Self> {
                match $arg {
                    Arg::$own(value) => Some(value),
                    _ => $coerce,
                }
            }

            #[inline(always)]
            fn take(args: &mut Args<'a>) -> Option<Self> {
                args.take_fixed($tag).map(Self::from_be_bytes)
            }
        }
    )+};
}

from_number! {
    i32, "int32", Int, b'i': |arg| integer(arg).and_then(|value| Self::try_from(value).ok());
    i64, "int64", Long, b'h': |arg| integer(arg);
    f32, "float32", Float, b'f': |arg| float(arg).map(nearest_float);
    f64, "float64", Double, b'd': |arg| float(arg);
}

impl<'a> FromArg<'a> for bool {
    const EXPECTED: &'static str = "true or false";

    fn from_arg(arg: Arg<'a>) -> Option<Self> {
        match arg {
            Arg::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn coerce_arg(arg: Arg<'a>) -> Option<Self> {
        float(arg).map(|value| value != 0.0)
    }
}

impl<'a> FromArg<'a> for Arg<'a> {
    const EXPECTED: &'static str = "any argument";

    fn from_arg(arg: Self) -> Option<Self> {
        Some(arg)
    }
}

/// Any number without its fraction, if an `i64` can hold it.
fn integer(arg: Arg<'_>) -> Option<i64> {
    match arg {
        Arg::Int(value) => Some(i64::from(value)),
        Arg::Long(value) => Some(value),
        Arg::Float(value) => whole(f64::from(value)),
        Arg::Double(value) => whole(value),
        Arg::Bool(value) => Some(i64::from(value)),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked, the fraction is to go")]
fn whole(value: f64) -> Option<i64> {
    // 2^63 is a float, and the first that does not fit; NaN compares false.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (-LIMIT..LIMIT).contains(&value).then_some(value as i64)
}

/// Any number as the nearest float.
#[expect(clippy::cast_precision_loss, reason = "the reader asked for a float")]
fn float(arg: Arg<'_>) -> Option<f64> {
    match arg {
        Arg::Int(value) => Some(f64::from(value)),
        Arg::Long(value) => Some(value as f64),
        Arg::Float(value) => Some(f64::from(value)),
        Arg::Double(value) => Some(value),
        Arg::Bool(value) => Some(f64::from(u8::from(value))),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the reader asked for the shorter float")]
const fn nearest_float(value: f64) -> f32 {
    value as f32
}
