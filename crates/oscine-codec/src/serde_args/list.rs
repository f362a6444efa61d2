//! A whole list of arguments to a value of serde.

use serde::Deserializer;
use serde::de::Visitor;

use crate::serde_args::access::Parts;
use crate::serde_args::fault::Fault;
use crate::serde_args::names;
use crate::serde_args::one::One;
use crate::typed::reader::ArgReader;

/// The arguments of a reader: those that the type takes.
pub(crate) struct List<'r, 'de> {
    pub(crate) reader: &'r mut ArgReader<'de>,
}

impl<'r, 'de> List<'r, 'de> {
    const fn parts(self, left: Option<usize>) -> Parts<'r, 'de> {
        Parts::new(self.reader, left, 0)
    }

    const fn one(self) -> One<'r, 'de> {
        One { reader: self.reader, depth: 0 }
    }
}

macro_rules! one {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.one().$method(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for List<'_, 'de> {
    type Error = Fault;

    one! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_f32
        deserialize_f64 deserialize_char deserialize_str deserialize_string
        deserialize_identifier deserialize_bytes deserialize_byte_buf
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.parts(None))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        // A list that begins with nil may be something; nil alone is nothing.
        match self.reader.remaining().type_tags().as_bytes() {
            [] => visitor.visit_none(),
            [b'N'] => self.one().deserialize_option(visitor),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            names::NIL | names::IMPULSE => self.one().deserialize_unit_struct(name, visitor),
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            names::TIME_TAG | names::COLOR | names::MIDI | names::CHAR | names::SYMBOL => {
                self.one().deserialize_newtype_struct(name, visitor)
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.parts(None))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.parts(Some(len)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.parts(Some(len)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_seq(self.parts(Some(fields.len())))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(self.parts(None))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(self.parts(Some(1)))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        while self.reader.next_arg().is_some() {}
        visitor.visit_unit()
    }
}
