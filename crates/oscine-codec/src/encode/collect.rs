//! Arguments that come one by one.

use alloc::vec::Vec;

use crate::encode::measure::{check_size, check_text, deeper};
use crate::encode::sink::sealed::Sink;
use crate::error::encode::EncodeError;
use crate::value::char::Char;

/// Type tags and data of a message under construction.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collect {
    /// Without the comma.
    pub(crate) tags: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) depth: u32,
    /// The first character that is not ASCII, of text or as an argument.
    pub(crate) beyond_ascii: Option<char>,
}

impl Collect {
    fn note(&mut self, character: Option<char>) {
        self.beyond_ascii = self.beyond_ascii.or(character);
    }

    fn put(&mut self, tag: u8, bytes: &[u8], size: usize) -> Result<(), EncodeError> {
        check_size(self.data.len().saturating_add(size))?;
        self.tags.push(tag);
        let end = self.data.len() + size;
        self.data.extend_from_slice(bytes);
        self.data.resize(end, 0);
        Ok(())
    }
}

impl Sink for Collect {
    fn unit(&mut self, tag: u8) -> Result<(), EncodeError> {
        self.put(tag, &[], 0)
    }

    fn word(&mut self, tag: u8, data: [u8; 4]) -> Result<(), EncodeError> {
        if tag == b'c' {
            let character = Char(u32::from_be_bytes(data)).to_char();
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.note(Some(character).filter(|character| !character.is_ascii()));
        }
        self.put(tag, &data, 4)
    }

    fn long(&mut self, tag: u8, data: [u8; 8]) -> Result<(), EncodeError> {
        self.put(tag, &data, 8)
    }

    fn text(&mut self, tag: u8, text: &str) -> Result<(), EncodeError> {
        check_text(text)?;
        if !text.is_ascii() {
            self.note(text.chars().find(|character| !character.is_ascii()));
        }
        self.put(tag, text.as_bytes(), (text.len() & !3) + 4)
    }

    fn blob(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        check_size(bytes.len())?;
        let size = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        check_size(self.data.len() + 4 + bytes.len().next_multiple_of(4))?;
        self.put(b'b', &size.to_be_bytes(), 4)?;
        let end = self.data.len() + bytes.len().next_multiple_of(4);
        self.data.extend_from_slice(bytes);
        self.data.resize(end, 0);
        Ok(())
    }

    fn open(&mut self) -> Result<(), EncodeError> {
        self.depth = deeper(self.depth)?;
        self.tags.push(b'[');
        Ok(())
    }

    fn close(&mut self) -> Result<(), EncodeError> {
        self.depth = self.depth.checked_sub(1).ok_or(EncodeError::UnbalancedArray)?;
        self.tags.push(b']');
        Ok(())
    }
}
