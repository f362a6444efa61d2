//! Values of serde to arguments.

use alloc::string::ToString;
use core::fmt;

use serde::ser::{self, Serialize, Serializer};

use crate::encode::sink::ArgSink;
use crate::encode::to_arg::ToArg;
use crate::error::encode::EncodeError;
use crate::serde_args::names;
use crate::value::unit::Nil;

impl ser::Error for EncodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Unsupported { reason: message.to_string() }
    }
}

/// Describes one value to a sink.
pub(crate) struct Values<'a, S> {
    sink: &'a mut S,
    /// Whether the value is the list of arguments, and not one of them.
    outermost: bool,
    /// The type tag that numbers and text are written with, in the place of their own.
    tag: Option<u8>,
}

impl<'a, S: ArgSink> Values<'a, S> {
    pub(crate) const fn outermost(sink: &'a mut S) -> Self {
        Self { sink, outermost: true, tag: None }
    }

    const fn nested(sink: &'a mut S) -> Self {
        Self { sink, outermost: false, tag: None }
    }

    fn put(self, value: impl ToArg) -> Result<(), EncodeError> {
        value.to_arg(self.sink)
    }

    fn list(self) -> Result<List<'a, S>, EncodeError> {
        if !self.outermost {
            self.sink.open()?;
        }
        Ok(List { sink: self.sink, close: !self.outermost })
    }

    fn variant(self, name: &str) -> Result<List<'a, S>, EncodeError> {
        let list = self.list()?;
        name.to_arg(list.sink)?;
        Ok(list)
    }
}

/// What is in a sequence, or in anything else that has parts.
pub(crate) struct List<'a, S> {
    sink: &'a mut S,
    close: bool,
}

impl<S: ArgSink> List<'_, S> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(Values::nested(self.sink))
    }

    fn close(self) -> Result<(), EncodeError> {
        if self.close { self.sink.close() } else { Ok(()) }
    }
}

macro_rules! plain {
    ($($method:ident: $type:ty;)+) => {$(
        fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.put(value)
        }
    )+};
}

impl<'a, S: ArgSink> Serializer for Values<'a, S> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = List<'a, S>;
    type SerializeTuple = List<'a, S>;
    type SerializeTupleStruct = List<'a, S>;
    type SerializeTupleVariant = List<'a, S>;
    type SerializeMap = List<'a, S>;
    type SerializeStruct = List<'a, S>;
    type SerializeStructVariant = List<'a, S>;

    plain! {
        serialize_bool: bool;
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_u16: u16;
        serialize_f32: f32;
        serialize_f64: f64;
        serialize_char: char;
        serialize_bytes: &[u8];
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.put(u16::from(value))
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        match self.tag {
            Some(tag) => self.sink.word(tag, value.to_be_bytes()),
            None => self.put(value),
        }
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        match self.tag {
            Some(tag) => self.sink.long(tag, value.to_be_bytes()),
            None => {
                let fitting = i64::try_from(value);
                self.put(fitting.map_err(|_| EncodeError::OutOfRange { tag: 'h' })?)
            }
        }
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.sink.text(self.tag.unwrap_or(b's'), value)
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.put(Nil)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        if self.outermost { Ok(()) } else { self.put(Nil) }
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), EncodeError> {
        match name {
            names::NIL => self.sink.unit(b'N'),
            names::IMPULSE => self.sink.unit(b'I'),
            _ => self.serialize_unit(),
        }
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.put(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.tag = match name {
            names::TIME_TAG => Some(b't'),
            names::COLOR => Some(b'r'),
            names::MIDI => Some(b'm'),
            names::CHAR => Some(b'c'),
            names::SYMBOL => Some(b'S'),
            _ => None,
        };
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let mut list = self.variant(variant)?;
        list.item(value)?;
        list.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a, S>, EncodeError> {
        self.list()
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a, S>, EncodeError> {
        self.list()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a, S>, EncodeError> {
        self.list()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a, S>, EncodeError> {
        self.variant(variant)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<List<'a, S>, EncodeError> {
        self.list()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<List<'a, S>, EncodeError> {
        self.list()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a, S>, EncodeError> {
        self.variant(variant)
    }
}

macro_rules! parts {
    ($($trait:ident: $method:ident($($key:ident)?);)+) => {$(
        impl<S: ArgSink> ser::$trait for List<'_, S> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                value: &T,
            ) -> Result<(), EncodeError> {
                $(let _ = $key;)?
                self.item(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )+};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeStruct: serialize_field(_name);
    SerializeStructVariant: serialize_field(_name);
}

impl<S: ArgSink> ser::SerializeMap for List<'_, S> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.item(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}
