//! One argument to a value of serde: what serde asks for, and what is there.

use alloc::format;

use serde::Deserializer;
use serde::de::Visitor;
use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};

use crate::error::read::ReadError;
use crate::limits::Limits;
use crate::serde_args::access::Parts;
use crate::serde_args::fault::Fault;
use crate::serde_args::names;
use crate::serde_args::one::One;
use crate::time_tag::TimeTag;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::unit::{Impulse, Nil};
use crate::view::arg::Arg;
use crate::view::array_ref::ArrayRef;

impl<'de> One<'_, 'de> {
    /// The argument as a list of `len` parts, or of any number.
    fn list<T>(
        self,
        len: Option<usize>,
        visit: impl FnOnce(Parts<'_, 'de>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        match self.reader.next_arg() {
            Some(Arg::Array(array)) => self.array(array, len, visit),
            found => Err(self.reader.mismatch("array", found).into()),
        }
    }

    /// Visits the array that was taken last.
    fn array<T>(
        self,
        array: ArrayRef<'de>,
        len: Option<usize>,
        visit: impl FnOnce(Parts<'_, 'de>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        // The type decides how deep the calls are nested, and for a type that takes anything it is the peer.
        let limit = Limits::new().array_depth;
        if self.depth >= limit {
            let reason = format!("nested deeper than the limit of {limit}");
            return Err(self.reader.bad_value(reason).into());
        }
        let mut inner = self.reader.inner(array.iter());
        let value = visit(Parts::new(&mut inner, len, self.depth + 1))?;
        inner.finish()?;
        Ok(value)
    }
}

macro_rules! forward {
    ($($method:ident $take:ident $visit:ident;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.$take()?)
        }
    )+};
}

impl<'de> Deserializer<'de> for One<'_, 'de> {
    type Error = Fault;

    forward! {
        deserialize_bool take visit_bool;
        deserialize_i8 integer visit_i64;
        deserialize_i16 integer visit_i64;
        deserialize_i32 integer visit_i64;
        deserialize_i64 integer visit_i64;
        deserialize_u8 integer visit_i64;
        deserialize_u16 integer visit_i64;
        deserialize_u32 integer visit_i64;
        deserialize_u64 integer visit_i64;
        deserialize_f32 take visit_f32;
        deserialize_f64 take visit_f64;
        deserialize_char take visit_char;
        deserialize_str take visit_borrowed_str;
        deserialize_string take visit_borrowed_str;
        deserialize_identifier take visit_borrowed_str;
        deserialize_bytes take visit_borrowed_bytes;
        deserialize_byte_buf take visit_borrowed_bytes;
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Some(arg) = self.reader.next_arg() else {
            return Err(self.reader.mismatch("any argument", None).into());
        };
        match arg {
            Arg::Int(value) => visitor.visit_i32(value),
            Arg::Long(value) => visitor.visit_i64(value),
            Arg::Float(value) => visitor.visit_f32(value),
            Arg::Double(value) => visitor.visit_f64(value),
            Arg::String(text) | Arg::Symbol(text) => match text.as_str() {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(error) => Err(self.reader.bad_value(format!("{error}")).into()),
            },
            Arg::Blob(bytes) => visitor.visit_borrowed_bytes(bytes),
            Arg::Time(tag) => visitor.visit_u64(tag.0),
            Arg::Char(char) => match char.to_char() {
                Some(character) => visitor.visit_char(character),
                None => visitor.visit_u32(char.0),
            },
            Arg::Color(color) => visitor.visit_u32(u32::from(color)),
            Arg::Midi(midi) => visitor.visit_u32(u32::from_be_bytes(midi.to_bytes())),
            Arg::Bool(value) => visitor.visit_bool(value),
            Arg::Nil | Arg::Impulse => visitor.visit_unit(),
            Arg::Array(array) => self.array(array, None, |parts| visitor.visit_seq(parts)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.reader.next_tag() {
            None => visitor.visit_none(),
            Some('N') => {
                self.reader.next_arg();
                visitor.visit_none()
            }
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.take::<Nil>()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name != names::IMPULSE {
            return self.deserialize_unit(visitor);
        }
        self.take::<Impulse>()?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            names::TIME_TAG => visitor.visit_u64(self.take::<TimeTag>()?.0),
            names::COLOR => visitor.visit_u32(u32::from(self.take::<Color>()?)),
            names::MIDI => {
                let bytes = self.take::<Midi>()?.to_bytes();
                visitor.visit_u32(u32::from_be_bytes(bytes))
            }
            names::CHAR => visitor.visit_u32(self.take::<Char>()?.0),
            names::SYMBOL => visitor.visit_borrowed_str(self.take()?),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.reader.next_tag() == Some('b') {
            let bytes = self.take::<&[u8]>()?;
            return visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()));
        }
        self.list(None, |parts| visitor.visit_seq(parts))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.list(Some(len), |parts| visitor.visit_seq(parts))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.list(None, |parts| visitor.visit_map(parts))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.reader.next_tag() {
            Some('[') => self.list(Some(1), |parts| visitor.visit_enum(parts)),
            // A name alone has no content, else a peer could nest calls without arrays.
            _ => visitor.visit_enum(BorrowedStrDeserializer::new(self.take()?)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.reader.next_arg() {
            Some(_) => visitor.visit_unit(),
            None => Err(Fault::Read(ReadError::Missing {
                index: self.reader.index(),
                expected: "any argument",
            })),
        }
    }
}
