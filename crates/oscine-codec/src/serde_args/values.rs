//! Our own types within serde.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::serde_args::names;
use crate::time_tag::TimeTag;
use crate::value::blob::Blob;
use crate::value::char::Char;
use crate::value::color::Color;
use crate::value::midi::Midi;
use crate::value::symbol::Symbol;
use crate::value::unit::{Impulse, Nil};

macro_rules! numbers {
    ($($type:ident: $number:ident $visit:ident $name:ident, $expected:literal,
        |$value:ident| $to:expr, |$bits:ident| $from:expr;)+) => {$(
        #[doc = concat!("As ", $expected, "; other formats see the bits as a `", stringify!($number), "`.")]
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = *self;
                serializer.serialize_newtype_struct(names::$name, &$to)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Bits;

                impl<'de> Visitor<'de> for Bits {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn $visit<E: Error>(self, $bits: $number) -> Result<$type, E> {
                        Ok($from)
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(
                        self,
                        deserializer: D,
                    ) -> Result<$type, D::Error> {
                        let $bits = $number::deserialize(deserializer)?;
                        Ok($from)
                    }
                }

                deserializer.deserialize_newtype_struct(names::$name, Bits)
            }
        }
    )+};
}

numbers! {
    TimeTag: u64 visit_u64 TIME_TAG, "a time tag", |tag| tag.0, |bits| TimeTag(bits);
    Color: u32 visit_u32 COLOR, "a colour", |color| u32::from(color), |bits| Color::from(bits);
    Midi: u32 visit_u32 MIDI, "a MIDI message",
        |midi| u32::from_be_bytes(midi.to_bytes()), |bits| Midi::from_bytes(bits.to_be_bytes());
    Char: u32 visit_u32 CHAR, "a character", |char| char.0, |bits| Char(bits);
}

macro_rules! units {
    ($($type:ident: $name:ident, $expected:literal;)+) => {$(
        #[doc = concat!("As ", $expected, "; other formats see a unit.")]
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_unit_struct(names::$name)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Unit;

                impl Visitor<'_> for Unit {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_unit<E: Error>(self) -> Result<$type, E> {
                        Ok($type)
                    }
                }

                deserializer.deserialize_unit_struct(names::$name, Unit)
            }
        }
    )+};
}

units! {
    Nil: NIL, "nil";
    Impulse: IMPULSE, "an impulse";
}

/// As a symbol; other formats see text.
impl<T: AsRef<str>> Serialize for Symbol<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(names::SYMBOL, self.0.as_ref())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Symbol<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Name<T> {
            type Value = Symbol<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a symbol")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Symbol<T>, E> {
                T::deserialize(BorrowedStrDeserializer::new(text)).map(Symbol)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Symbol<T>, E> {
                T::deserialize(StrDeserializer::new(text)).map(Symbol)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                deserializer: D,
            ) -> Result<Symbol<T>, D::Error> {
                T::deserialize(deserializer).map(Symbol)
            }
        }

        deserializer.deserialize_newtype_struct(names::SYMBOL, Name(PhantomData))
    }
}

/// As bytes, in other formats too.
impl<T: AsRef<[u8]>> Serialize for Blob<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_ref())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Blob<&'a [u8]> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(Blob)
    }
}

impl<'de> Deserialize<'de> for Blob<Vec<u8>> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }

            /// Formats without bytes have a list of numbers.
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }

        deserializer.deserialize_byte_buf(Bytes).map(Blob)
    }
}
