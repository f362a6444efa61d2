//! The second run: bytes into a buffer that has the room.

use crate::encode::measure::Sizes;
use crate::encode::sink::sealed::Sink;
use crate::encode::to_args::ToArgs;
use crate::error::encode::EncodeError;

/// Writes a message that was measured into `out`, which is `sizes.total()` zero bytes.
///
/// Fails only when `args` describes itself otherwise than it did when it was measured.
#[inline]
pub(crate) fn message<A: ToArgs + ?Sized>(
    address: &str,
    args: &A,
    sizes: &Sizes,
    out: &mut [u8],
) -> Result<(), EncodeError> {
    let changed = || EncodeError::TooLarge { size: sizes.total() + 1, limit: sizes.total() };
    let (head, data) = out.split_at_mut_checked(sizes.data_at()).ok_or_else(changed)?;
    let (address_out, tags) = head.split_at_mut_checked(sizes.tags_at()).ok_or_else(changed)?;
    put(address_out, address.as_bytes()).ok_or_else(changed)?;
    let (comma, tags) = tags.split_first_mut().ok_or_else(changed)?;
    *comma = b',';
    let tags = tags.get_mut(..sizes.tags.unwrap_or_default()).ok_or_else(changed)?;
    let mut fill = Fill { tags, data, total: sizes.total() };
    args.to_args(&mut fill)?;
    if fill.tags.is_empty() && fill.data.is_empty() { Ok(()) } else { Err(changed()) }
}

/// What is left to be filled.
struct Fill<'a> {
    tags: &'a mut [u8],
    data: &'a mut [u8],
    total: usize,
}

impl Fill<'_> {
    #[inline]
    fn tag(&mut self, tag: u8) -> Result<(), EncodeError> {
        match core::mem::take(&mut self.tags).split_first_mut() {
            Some((first, rest)) => {
                *first = tag;
                self.tags = rest;
                Ok(())
            }
            None => Err(self.full()),
        }
    }

    /// Puts `bytes` where data goes next and leaves the padding up to `size` as it is: zero.
    #[inline]
    fn data(&mut self, bytes: &[u8], size: usize) -> Result<(), EncodeError> {
        match core::mem::take(&mut self.data).split_at_mut_checked(size) {
            Some((field, rest)) => {
                self.data = rest;
                put(field, bytes).ok_or_else(|| self.full())
            }
            None => Err(self.full()),
        }
    }

    fn full(&self) -> EncodeError {
        EncodeError::TooLarge { size: self.total + 1, limit: self.total }
    }
}

impl Sink for Fill<'_> {
    #[inline]
    fn unit(&mut self, tag: u8) -> Result<(), EncodeError> {
        self.tag(tag)
    }

    #[inline]
    fn word(&mut self, tag: u8, data: [u8; 4]) -> Result<(), EncodeError> {
        self.tag(tag)?;
        self.data(&data, 4)
    }

    #[inline]
    fn long(&mut self, tag: u8, data: [u8; 8]) -> Result<(), EncodeError> {
        self.tag(tag)?;
        self.data(&data, 8)
    }

    #[inline]
    fn text(&mut self, tag: u8, text: &str) -> Result<(), EncodeError> {
        self.tag(tag)?;
        self.data(text.as_bytes(), (text.len() & !3) + 4)
    }

    #[inline]
    fn blob(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.tag(b'b')?;
        let size = i32::try_from(bytes.len()).map_err(|_| self.full())?;
        self.data(&size.to_be_bytes(), 4)?;
        self.data(bytes, bytes.len().next_multiple_of(4))
    }

    #[inline]
    fn open(&mut self) -> Result<(), EncodeError> {
        self.tag(b'[')
    }

    #[inline]
    fn close(&mut self) -> Result<(), EncodeError> {
        self.tag(b']')
    }
}

/// Copies `bytes` to the start of `field`.
pub(crate) fn put(field: &mut [u8], bytes: &[u8]) -> Option<()> {
    field.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(())
}
