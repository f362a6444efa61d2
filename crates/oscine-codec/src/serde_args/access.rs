//! The parts of sequences, maps and enums, one after the other.

use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::serde_args::fault::Fault;
use crate::serde_args::one::One;
use crate::typed::reader::ArgReader;

/// Takes the parts of a value off a reader.
pub(crate) struct Parts<'r, 'de> {
    reader: &'r mut ArgReader<'de>,
    /// How many parts there still have to be; without it, as many as there are arguments.
    left: Option<usize>,
    depth: u32,
}

impl<'r, 'de> Parts<'r, 'de> {
    pub(crate) const fn new(
        reader: &'r mut ArgReader<'de>,
        left: Option<usize>,
        depth: u32,
    ) -> Self {
        Self { reader, left, depth }
    }

    /// Takes one part, which an error without a place is then about.
    fn part<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let index = self.reader.index();
        let value = seed.deserialize(One { reader: self.reader, depth: self.depth });
        let value = value.map_err(|fault| fault.at(index))?;
        // A type that takes nothing would never come to the end.
        if self.left.is_none() && self.reader.index() == index {
            self.reader.finish()?;
        }
        Ok(value)
    }

    fn is_at_end(&self) -> bool {
        self.left.map_or_else(|| self.reader.next_tag().is_none(), |left| left == 0)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        if self.is_at_end() {
            return Ok(None);
        }
        self.left = self.left.map(|left| left - 1);
        self.part(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        self.left
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        if self.is_at_end() { Ok(None) } else { self.part(seed).map(Some) }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        self.part(seed)
    }
}

/// The name of a variant comes first, then its content.
impl<'de> EnumAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self), Fault> {
        let variant = self.part(seed)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(mut self, seed: T) -> Result<T::Value, Fault> {
        self.left = Some(1);
        self.part(seed)
    }

    fn tuple_variant<V: Visitor<'de>>(mut self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.left = Some(len);
        visitor.visit_seq(self)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.tuple_variant(fields.len(), visitor)
    }
}
