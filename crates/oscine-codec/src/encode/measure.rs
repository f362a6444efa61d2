//! The first run: how large, and is it sound.

use crate::address::AddressError;
use crate::encode::sink::sealed::Sink;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;
use crate::limits::Limits;

/// The largest packet that another packet's int32 size can announce.
pub(crate) const MAX_SIZE: usize = i32::MAX as usize & !3;

/// The number of bytes of a string with its terminator and padding.
pub(crate) const fn padded_text(len: usize) -> usize {
    (len & !3) + 4
}

/// The sizes of a message's parts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) address: usize,
    /// The number of type tags without the comma; none when no type tag string is to be written.
    pub(crate) tags: Option<usize>,
    pub(crate) data: usize,
}

impl Sizes {
    /// Where the type tag string begins.
    pub(crate) const fn tags_at(&self) -> usize {
        padded_text(self.address)
    }

    /// Where the data begins.
    pub(crate) const fn data_at(&self) -> usize {
        let tags = match self.tags {
            Some(tags) => padded_text(tags + 1),
            None => 0,
        };
        self.tags_at() + tags
    }

    pub(crate) const fn total(&self) -> usize {
        self.data_at() + self.data
    }
}

/// Checks an address and arguments, and says how much room they take.
#[inline]
pub(crate) fn message<A: ToArgs + ?Sized>(address: &str, args: &A) -> Result<Sizes, EncodeError> {
    check_address(address)?;
    let mut measure = Measure { tags: 0, data: 0, depth: 0 };
    args.to_args(&mut measure)?;
    if measure.depth != 0 {
        return Err(EncodeError::UnbalancedArray);
    }
    let sizes = Sizes { address: address.len(), tags: Some(measure.tags), data: measure.data };
    check_size(sizes.total())?;
    Ok(sizes)
}

/// An address pattern begins with a slash and holds no NUL (OSC 1.0, "OSC Messages").
pub(crate) fn check_address(address: &str) -> Result<(), EncodeError> {
    let source = if !address.starts_with('/') {
        AddressError::NoSlash
    } else if let Some(offset) = address.bytes().position(|byte| byte == 0) {
        AddressError::Character { character: '\0', offset }
    } else {
        return Ok(());
    };
    Err(EncodeError::Address { address: address.into(), source })
}

pub(crate) fn check_size(size: usize) -> Result<(), EncodeError> {
    if size > MAX_SIZE { Err(EncodeError::TooLarge { size, limit: MAX_SIZE }) } else { Ok(()) }
}

struct Measure {
    tags: usize,
    data: usize,
    depth: u32,
}

impl Measure {
    /// Sums cannot overflow: each part is in memory, and the whole is checked against `MAX_SIZE` as it grows.
    #[inline]
    fn add(&mut self, bytes: usize) -> Result<(), EncodeError> {
        self.tags += 1;
        self.data = self.data.saturating_add(bytes);
        check_size(self.data)
    }
}

impl Sink for Measure {
    #[inline]
    fn unit(&mut self, _: u8) -> Result<(), EncodeError> {
        self.add(0)
    }

    #[inline]
    fn word(&mut self, _: u8, _: [u8; 4]) -> Result<(), EncodeError> {
        self.add(4)
    }

    #[inline]
    fn long(&mut self, _: u8, _: [u8; 8]) -> Result<(), EncodeError> {
        self.add(8)
    }

    #[inline]
    fn text(&mut self, _: u8, text: &str) -> Result<(), EncodeError> {
        check_text(text)?;
        self.add(padded_text(text.len()))
    }

    #[inline]
    fn blob(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        check_size(bytes.len())?;
        self.add(4 + bytes.len().next_multiple_of(4))
    }

    #[inline]
    fn open(&mut self) -> Result<(), EncodeError> {
        self.tags += 1;
        self.depth = deeper(self.depth)?;
        Ok(())
    }

    #[inline]
    fn close(&mut self) -> Result<(), EncodeError> {
        self.tags += 1;
        self.depth = self.depth.checked_sub(1).ok_or(EncodeError::UnbalancedArray)?;
        Ok(())
    }
}

/// Text on the wire ends at its first NUL.
pub(crate) fn check_text(text: &str) -> Result<(), EncodeError> {
    match text.bytes().position(|byte| byte == 0) {
        Some(offset) => Err(EncodeError::NulInString { offset }),
        None => Ok(()),
    }
}

/// One array level more, as deep as every receiver with our defaults reads.
pub(crate) fn deeper(depth: u32) -> Result<u32, EncodeError> {
    let limit = Limits::new().array_depth;
    if depth < limit { Ok(depth + 1) } else { Err(EncodeError::TooDeep { limit }) }
}
