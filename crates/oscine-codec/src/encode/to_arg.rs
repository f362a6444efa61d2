//! Rust values as single arguments.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::encode::sink::ArgSink;
use crate::error::encode::EncodeError;
use crate::time_tag::TimeTag;
use crate::value::blob::Blob;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::symbol::Symbol;
use crate::value::unit::{Impulse, Nil};
use crate::view::arg::Arg;
use crate::view::args::Token;
use crate::view::array_ref::ArrayRef;

/// A value that is one argument.
///
/// | Rust | type tag |
/// | --- | --- |
/// | `i8` `i16` `u16` `i32` | `i` |
/// | `i64` | `h` |
/// | `u32` | `i`, or `h` when it does not fit |
/// | `f32` | `f` |
/// | `f64` | `d`. A bare `440.0` is one, and many devices know only `f`: write `440.0_f32` |
/// | `bool` | `T` or `F` |
/// | `&str` `String` | `s` |
/// | `Symbol` | `S` |
/// | `&[u8]` `[u8; N]` `Vec<u8>` `Bytes` `Blob` | `b` |
/// | `TimeTag` `SystemTime` | `t` |
/// | `char` `Char` | `c` |
/// | `Color` | `r` |
/// | `Midi` | `m` |
/// | `Nil` `None` | `N` |
/// | `Impulse` | `I` |
/// | `&[T]` `[T; N]` `Vec<T>` of arguments or tuples | `[ ]` |
///
/// # Examples
///
/// A type of your own hands its parts on:
///
/// ```
/// use oscine_codec::{ArgSink, EncodeError, Message, ToArg};
///
/// struct Decibel(f32);
///
/// impl ToArg for Decibel {
///     fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
///         self.0.to_arg(sink)
///     }
/// }
///
/// assert_eq!(Message::new("/gain", (Decibel(-6.0),))?.to_string(), "/gain ,f -6.0");
/// # Ok::<(), EncodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an OSC argument",
    label = "not an argument",
    note = "arguments are integers, floats, `bool`, text, bytes, `TimeTag`, `char`, `Color`, `Midi`, `Nil`, \
            `Impulse`, `Option`s and arrays of them",
    note = "several arguments are a tuple: `(440.0_f32, \"sine\")`; none is `()`"
)]
pub trait ToArg {
    /// Describes the value to `sink`. Called twice for one message, with the same outcome.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the value cannot be written.
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError>;
}

macro_rules! to_arg {
    ($($type:ty: |$value:ident, $sink:ident| $body:expr;)+) => {$(
        impl ToArg for $type {
            fn to_arg<S: ArgSink>(&self, $sink: &mut S) -> Result<(), EncodeError> {
                let $value = self;
                $body
            }
        }
    )+};
}

to_arg! {
    i32: |value, sink| sink.word(b'i', value.to_be_bytes());
    i8: |value, sink| i32::from(*value).to_arg(sink);
    i16: |value, sink| i32::from(*value).to_arg(sink);
    u16: |value, sink| i32::from(*value).to_arg(sink);
    i64: |value, sink| sink.long(b'h', value.to_be_bytes());
    u32: |value, sink| match i32::try_from(*value) {
        Ok(small) => small.to_arg(sink),
        Err(_) => i64::from(*value).to_arg(sink),
    };
    f32: |value, sink| sink.word(b'f', value.to_be_bytes());
    f64: |value, sink| sink.long(b'd', value.to_be_bytes());
    bool: |value, sink| sink.unit(if *value { b'T' } else { b'F' });
    str: |value, sink| sink.text(b's', value);
    String: |value, sink| sink.text(b's', value);
    [u8]: |value, sink| sink.blob(value);
    Vec<u8>: |value, sink| sink.blob(value);
    Bytes: |value, sink| sink.blob(value);
    TimeTag: |value, sink| sink.long(b't', value.0.to_be_bytes());
    Char: |value, sink| sink.word(b'c', value.0.to_be_bytes());
    char: |value, sink| Char::from(*value).to_arg(sink);
    Color: |value, sink| sink.word(b'r', value.to_bytes());
    Midi: |value, sink| sink.word(b'm', value.to_bytes());
    Nil: |_value, sink| sink.unit(b'N');
    Impulse: |_value, sink| sink.unit(b'I');
}

#[cfg(feature = "std")]
to_arg! {
    std::time::SystemTime: |value, sink| TimeTag::from(*value).to_arg(sink);
}

impl<const N: usize> ToArg for [u8; N] {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        sink.blob(self)
    }
}

impl<T: AsRef<[u8]>> ToArg for Blob<T> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        sink.blob(self.0.as_ref())
    }
}

impl<T: AsRef<str>> ToArg for Symbol<T> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        sink.text(b'S', self.0.as_ref())
    }
}

impl<T: ToArg> ToArg for Option<T> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        match self {
            Some(value) => value.to_arg(sink),
            None => Nil.to_arg(sink),
        }
    }
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        (**self).to_arg(sink)
    }
}

impl<T: ToArg + ?Sized> ToArg for Box<T> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        (**self).to_arg(sink)
    }
}

/// Arguments of another packet, as they are.
impl ToArg for Arg<'_> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        match *self {
            Self::Int(value) => value.to_arg(sink),
            Self::Float(value) => value.to_arg(sink),
            Self::String(text) => sink.text(b's', &text.to_str_lossy()),
            Self::Blob(bytes) => sink.blob(bytes),
            Self::Long(value) => value.to_arg(sink),
            Self::Time(tag) => tag.to_arg(sink),
            Self::Double(value) => value.to_arg(sink),
            Self::Symbol(text) => sink.text(b'S', &text.to_str_lossy()),
            Self::Char(value) => value.to_arg(sink),
            Self::Color(color) => color.to_arg(sink),
            Self::Midi(midi) => midi.to_arg(sink),
            Self::Bool(value) => value.to_arg(sink),
            Self::Nil => Nil.to_arg(sink),
            Self::Impulse => Impulse.to_arg(sink),
            Self::Array(array) => array.to_arg(sink),
        }
    }
}

impl ToArg for ArrayRef<'_> {
    fn to_arg<S: ArgSink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        // Flat: nesting that a peer chose must not become nesting of calls.
        let mut args = self.iter();
        sink.open()?;
        while let Some(token) = args.next_token() {
            match token {
                Token::Open => sink.open()?,
                Token::Close => sink.close()?,
                Token::Arg(arg) => arg.to_arg(sink)?,
            }
        }
        sink.close()
    }
}
